import { Z3Error } from '@z3/core'
import type { DamagedObject, ObjectSummary } from '../object-store.js'
import type { ObjectPlace } from './object-place.js'
import { statData } from './open-data.js'
import { readDescriptor } from './read-descriptor.js'

/** A damaged descriptor, and data that are missing, cut or grown. */
const DAMAGE = ['store-rejected', 'size-mismatch']

/**
 * Describe the object at a place for a listing. Its data are looked at too: a
 * descriptor without them is no backup.
 *
 * @returns undefined if nothing is there
 * @throws Z3Error where it is not known whether the object is damaged
 */
export async function summarizeObject(
  place: ObjectPlace,
): Promise<ObjectSummary | DamagedObject | undefined> {
  try {
    const entry = await readDescriptor(place)
    if (entry?.state !== 'complete') return undefined
    await statData(place, entry)
    const { key, size, etag, modified } = entry
    return { key, size, etag, modified }
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    // replaced or deleted between the two reads: describe what is there now
    if (error.code === 'object-changed') return await summarizeObject(place)
    if (DAMAGE.includes(error.code)) return { key: place.key, problem: error }
    throw error
  }
}
