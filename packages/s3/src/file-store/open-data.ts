import { Z3Error } from '@z3/core'
import type { Descriptor } from './descriptor.js'
import { filePath, type ObjectPlace } from './object-place.js'
import { openRegular, type OpenFile } from './open-regular.js'
import { isCommitted, readDescriptor } from './read-descriptor.js'

/**
 * Open the data of an object. It must have the size that its descriptor says.
 * The caller closes it.
 *
 * @throws Z3Error `object-changed`: replaced or deleted since its descriptor
 *   was read; `size-mismatch`: cut, grown or gone
 */
export async function openData(place: ObjectPlace, descriptor: Descriptor): Promise<OpenFile> {
  const path = filePath(place, 'data', descriptor.uploadId)
  const file = await openRegular(path)
  if (file?.size === descriptor.size) return file
  await file?.handle.close()
  if (!isCommitted(await readDescriptor(place), descriptor.uploadId)) {
    throw objectChanged(place.key)
  }
  throw new Z3Error(
    'size-mismatch',
    file === undefined
      ? `the data file '${path}' is missing`
      : `the data file '${path}' has ${String(file.size)} bytes, not ${String(descriptor.size)}`,
    { hint: `The object '${place.key}' is damaged: make it again.` },
  )
}

/**
 * See whether the data of an object is there, in the right size.
 *
 * @throws Z3Error as `openData`
 */
export async function statData(place: ObjectPlace, descriptor: Descriptor): Promise<void> {
  const { handle } = await openData(place, descriptor)
  await handle.close()
}

/** The error of an object that is not the one that was looked at before. */
export function objectChanged(key: string): Z3Error {
  return new Z3Error(
    'object-changed',
    `the object '${key}' is not the one that it was when this began`,
    { hint: 'It was replaced meanwhile: begin again.' },
  )
}
