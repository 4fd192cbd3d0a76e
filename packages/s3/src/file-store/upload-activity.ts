import { lstat } from 'node:fs/promises'
import { isMissing, withFileErrors } from './file-error.js'
import { filePath, type ObjectPlace } from './object-place.js'
import { isCommitted, readDescriptor } from './read-descriptor.js'

/**
 * When one of the files of an upload was last written to; undefined if it has
 * none. The data of a complete object do not count: that upload is over.
 */
export async function uploadActivity(
  place: ObjectPlace,
  uploadId: string,
): Promise<Date | undefined> {
  // in the order in which a run that completes the upload renames them, so
  // that it is found under one name or the other
  const pending = await written(filePath(place, 'pending', uploadId))
  const data = await written(filePath(place, 'data', uploadId))
  const temporary = await written(filePath(place, 'temporary', uploadId))
  const complete = data !== undefined && isCommitted(await readDescriptor(place), uploadId)
  return [pending, temporary, ...(complete ? [] : [data])]
    .filter((time) => time !== undefined)
    .reduce<Date | undefined>(
      (newest, time) => (newest === undefined || time > newest ? time : newest),
      undefined,
    )
}

async function written(path: string): Promise<Date | undefined> {
  return await withFileErrors('cannot look at', path, async () => {
    try {
      return (await lstat(path)).mtime
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })
}
