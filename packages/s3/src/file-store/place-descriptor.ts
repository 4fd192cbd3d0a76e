import { link, open, rename } from 'node:fs/promises'
import { Z3Error } from '@z3/core'
import { formatDescriptor } from './descriptor.js'
import { errno, withFileErrors } from './file-error.js'
import { filePath, type ObjectPlace } from './object-place.js'
import { isCommitted, readDescriptor } from './read-descriptor.js'
import { removeFile } from './remove-file.js'

/** What file systems without hard links answer (vfat, exFAT, some of SMB). */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/**
 * Put the temporary descriptor of an upload in its place: the moment at which
 * the object is there. With `overwrite` by rename(2); else by link(2), which
 * fails if anything is there, whoever put it there, on NFS too.
 *
 * Where there are no hard links: an empty place is reserved with O_EXCL, then
 * the descriptor renamed over the reservation. That excludes others as well;
 * but a run that dies between the two leaves the reservation behind. Readers
 * take it for nothing, writers refuse, and aborting the upload removes it. How
 * atomic rename(2) is over an existing name is up to that file system.
 *
 * @throws Z3Error `object-exists`
 */
export async function placeDescriptor(
  place: ObjectPlace,
  uploadId: string,
  overwrite: boolean,
): Promise<void> {
  const from = filePath(place, 'temporary', uploadId)
  const to = filePath(place, 'descriptor')
  await withFileErrors('cannot create', to, async () => {
    try {
      await (overwrite ? rename(from, to) : linkOrReserve(place, uploadId))
    } catch (error) {
      // a network file system that repeats a request whose answer was lost may
      // report the second try, which failed because the first did not
      if (isCommitted(await readDescriptor(place), uploadId)) return
      if (errno(error) === 'EEXIST') throw objectExists(place.key)
      throw error
    }
  })
  await removeFile(from)
}

async function linkOrReserve(place: ObjectPlace, uploadId: string): Promise<void> {
  const from = filePath(place, 'temporary', uploadId)
  const to = filePath(place, 'descriptor')
  try {
    await link(from, to)
  } catch (error) {
    if (!NO_LINKS.includes(errno(error))) throw error
    await reserve(place, uploadId)
    await rename(from, to)
  }
}

async function reserve(place: ObjectPlace, uploadId: string): Promise<void> {
  const entry = { state: 'reserved', uploadId } as const
  const handle = await open(filePath(place, 'descriptor'), 'wx')
  try {
    await handle.writeFile(formatDescriptor(entry, place.base))
  } finally {
    await handle.close()
  }
}

/** The error of a key that is taken. */
export function objectExists(key: string): Z3Error {
  return new Z3Error('object-exists', `the object '${key}' already exists`, {
    hint: 'Choose another key, or overwrite it with --overwrite.',
  })
}
