import { rename } from 'node:fs/promises'
import { isMissing, withFileErrors } from './file-error.js'
import { filePath, type ObjectPlace } from './object-place.js'
import { isCommitted, readDescriptor } from './read-descriptor.js'
import { removeEmptyDirectories } from './remove-empty-directories.js'
import { removeFile } from './remove-file.js'

/**
 * Remove all files of an upload that is not complete; those of a complete one
 * are left alone. Safe beside a `complete` of the same upload in another
 * process: that one begins with renaming the pending file, and whoever comes
 * second does not find it.
 */
export async function removeUpload(place: ObjectPlace, uploadId: string): Promise<void> {
  const pending = filePath(place, 'pending', uploadId)
  if (!(await removeFile(pending))) await removeUnplaced(place, uploadId)
  await removeFile(filePath(place, 'temporary', uploadId))
  await removeEmptyDirectories(place.root, place.directories)
}

/** A run that died while it completed has renamed the data, and no more. */
async function removeUnplaced(place: ObjectPlace, uploadId: string): Promise<void> {
  if (isCommitted(await readDescriptor(place), uploadId)) return
  const pending = filePath(place, 'pending', uploadId)
  const data = filePath(place, 'data', uploadId)
  await renameIfThere(data, pending)
  // if it was not dead but slow, its object is there now: give the data back;
  // if not yet, it will miss the data, and fail
  const entry = await readDescriptor(place)
  if (isCommitted(entry, uploadId)) {
    await renameIfThere(pending, data)
    return
  }
  await removeFile(pending)
  if (entry?.uploadId === uploadId) {
    await removeFile(filePath(place, 'descriptor'))
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  await withFileErrors('cannot rename', from, async () => {
    await rename(from, to).catch((error: unknown) => {
      if (!isMissing(error)) throw error
    })
  })
}
