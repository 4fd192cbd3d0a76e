import {
  MAX_DESCRIPTOR,
  parseDescriptor,
  rejected,
  type Descriptor,
  type Reservation,
} from './descriptor.js'
import { withFileErrors } from './file-error.js'
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
      return await file.handle.readFile('utf8')
    } finally {
      await file.handle.close()
    }
  })
  const entry = parseDescriptor(text, path, place.base)
  if (entry.state === 'complete' && entry.key !== place.key) {
    throw rejected(
      path,
      `is of the key ${JSON.stringify(entry.key)}`,
      'It was renamed, or the file system does not tell the two names apart: use another prefix there.',
    )
  }
  return entry
}

/** Is it the descriptor of an object that this upload made? */
export function isCommitted(
  entry: Descriptor | Reservation | undefined,
  uploadId: string,
): entry is Descriptor {
  return entry?.state === 'complete' && entry.uploadId === uploadId
}
