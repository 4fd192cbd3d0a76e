import { readdir } from 'node:fs/promises'
import {
  MAX_DESCRIPTOR,
  parseDescriptor,
  rejected,
  type Descriptor,
  type Reservation,
} from './descriptor.js'
import { withFileErrors } from './file-error.js'
import { parseFileName } from './file-names.js'
import { filePath, type ObjectPlace } from './object-place.js'
import { openRegular } from './open-regular.js'

/**
 * Read what stands at the place of a key's descriptor; undefined if nothing
 * does.
 *
 * @throws Z3Error `store-rejected`
 */
export async function readDescriptor(
  place: ObjectPlace,
): Promise<Descriptor | Reservation | undefined> {
  const path = filePath(place, 'descriptor')
  const file = await openRegular(path)
  if (file === undefined) return undefined
  const text = await withFileErrors('cannot read', path, async () => {
    try {
      if (file.size > MAX_DESCRIPTOR) throw rejected(path, 'is too long')
      // half the calls of readFile, which shows in a long listing
      const buffer = Buffer.alloc(file.size)
      const { bytesRead } = await file.handle.read(buffer, 0, file.size, 0)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.handle.close()
    }
  })
  const entry =
    (text === '' ? await findReserving(place) : undefined) ??
    parseDescriptor(text, path, place.base)
  if (entry.state === 'complete' && entry.key !== place.key) {
    throw rejected(
      path,
      `is of the key ${JSON.stringify(entry.key)}`,
      'It was renamed, or the file system does not tell the two names apart: use another prefix there.',
    )
  }
  return entry
}

/**
 * An empty file is a reservation whose run has not come to write more, if its
 * temporary descriptor is still there; else it is a damaged descriptor.
 */
async function findReserving(place: ObjectPlace): Promise<Reservation | undefined> {
  const names = await withFileErrors('cannot list', place.directory, () => readdir(place.directory))
  const temporary = names
    .map(parseFileName)
    .find((file) => file?.kind === 'temporary' && file.base === place.base)
  return temporary && { state: 'reserved', uploadId: temporary.uploadId }
}

/** Is it the descriptor of an object that this upload made? */
export function isCommitted(
  entry: Descriptor | Reservation | undefined,
  uploadId: string,
): entry is Descriptor {
  return entry?.state === 'complete' && entry.uploadId === uploadId
}
