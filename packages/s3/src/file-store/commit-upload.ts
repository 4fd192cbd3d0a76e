import { open, rename } from 'node:fs/promises'
import { Z3Error } from '@z3/core'
import { formatDescriptor, type Descriptor } from './descriptor.js'
import { isMissing, withFileErrors } from './file-error.js'
import { filePath, type ObjectPlace } from './object-place.js'
import { objectExists, placeDescriptor } from './place-descriptor.js'
import { isCommitted, readDescriptor } from './read-descriptor.js'
import { removeFile } from './remove-file.js'
import { statData } from './open-data.js'
import { syncDirectories, syncDirectory } from './sync-directories.js'

/**
 * Make an upload an object. Its data must be durable already. In this order,
 * each step durable before the next: the data gets its final name, the
 * descriptor its place, the data of a replaced object goes. If it fails before
 * the descriptor is in place, the upload is pending again.
 *
 * @throws Z3Error `object-exists`, `object-changed`, `no-such-upload`,
 *   `size-mismatch`
 */
export async function commitUpload(
  place: ObjectPlace,
  descriptor: Descriptor,
  overwrite: boolean,
): Promise<void> {
  const { uploadId } = descriptor
  const replaced = await readDescriptor(place)
  if (replaced?.state === 'reserved') throw isReserved(place)
  // placing it would find out too, but by now nothing has to be undone
  if (replaced !== undefined && !overwrite) throw objectExists(place.key)
  try {
    await writeTemporary(place, descriptor)
    await nameData(place, uploadId)
    await syncDirectories(place.root, place.directories)
    await placeDescriptor(place, uploadId, overwrite)
    await syncDirectory(place.directory)
    await verify(place, descriptor)
  } catch (error) {
    await undo(place, uploadId, overwrite).catch(() => {
      // the first error tells more, and listUploads finds what is left
    })
    throw error
  }
  if (replaced !== undefined) {
    const old = filePath(place, 'data', replaced.uploadId)
    await removeFile(old).catch(() => {
      // the new object is there all the same; listUploads finds what is left
    })
  }
}

async function writeTemporary(place: ObjectPlace, descriptor: Descriptor): Promise<void> {
  const path = filePath(place, 'temporary', descriptor.uploadId)
  await removeFile(path)
  await withFileErrors('cannot write', path, async () => {
    const handle = await open(path, 'wx').catch((error: unknown) => {
      throw isMissing(error) ? noSuchUpload(place.key) : error
    })
    try {
      await handle.writeFile(formatDescriptor(descriptor, place.base))
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
}

async function nameData(place: ObjectPlace, uploadId: string): Promise<void> {
  const pending = filePath(place, 'pending', uploadId)
  await withFileErrors('cannot rename', pending, async () => {
    try {
      await rename(pending, filePath(place, 'data', uploadId))
    } catch (error) {
      throw isMissing(error) ? noSuchUpload(place.key) : error
    }
  })
}

/** Look at it again, as a reader would. */
async function verify(place: ObjectPlace, descriptor: Descriptor): Promise<void> {
  const found = await readDescriptor(place)
  if (!isCommitted(found, descriptor.uploadId)) {
    throw new Z3Error(
      'object-changed',
      `the object '${place.key}' was replaced or deleted as soon as it was complete`,
      { hint: 'See whether another run writes to the same key.' },
    )
  }
  await statData(place, found)
}

/** As it was before, unless another object has been replaced for good. */
async function undo(place: ObjectPlace, uploadId: string, overwrite: boolean): Promise<void> {
  const entry = await readDescriptor(place)
  const replacing = overwrite && isCommitted(entry, uploadId)
  if (entry?.uploadId === uploadId && !replacing) {
    await removeFile(filePath(place, 'descriptor'))
  }
  // not before: it tells whose an empty reservation is
  await removeFile(filePath(place, 'temporary', uploadId))
  if (replacing) return
  await rename(filePath(place, 'data', uploadId), filePath(place, 'pending', uploadId))
}

/** The error of an upload whose files are gone. */
export function noSuchUpload(key: string): Z3Error {
  return new Z3Error('no-such-upload', `the upload of '${key}' was completed or aborted`, {
    hint: 'See whether another run, or a cleanup, has ended it.',
  })
}

function isReserved(place: ObjectPlace): Z3Error {
  const path = filePath(place, 'descriptor')
  return new Z3Error(
    'store-rejected',
    `another run is completing the object '${place.key}', or died doing so: '${path}'`,
    { hint: 'If none is running, abort the pending upload with z3 cleanup.' },
  )
}
