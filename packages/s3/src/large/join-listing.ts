import { parseContinuationKey, Z3Error, type ErrorCode } from '@z3/core'
import type { DamagedObject, ObjectInfo, ObjectSummary } from '../object-info.js'

type Listed = ObjectSummary | DamagedObject

/** A listed object, held back until its continuations are listed. */
interface Held {
  readonly item: Listed
  /** How many continuations are listed. */
  continuations: number
  /** Number of this object, if the one that it continues is listed. */
  readonly continues: { readonly held: Held; readonly number: number } | undefined
  /** How many objects hold it, once known. */
  objects: number
}

/** Errors of one object, which must not hide the others. */
const OF_ONE_OBJECT: readonly ErrorCode[] = ['size-mismatch', 'access-denied', 'store-rejected']

/**
 * A listing in which an object and its continuations are one. An object with continuations costs a
 * HEAD of each, since only metadata prove that they belong together; objects that prove to be no
 * continuations are listed by themselves.
 *
 * @param items sorted by key
 * @param head of the whole
 */
export async function* joinListing(
  items: AsyncIterable<Listed>,
  head: (key: string) => Promise<ObjectInfo>,
): AsyncIterable<Listed> {
  const held: Held[] = []
  for await (const item of items) {
    while (held[0] && !mayContinue(held[0].item.key, item.key)) yield* settle(held.shift(), head)
    const name = parseContinuationKey(item.key)
    const owner = name && held.find((one) => one.item.key === name.key && !('problem' in one.item))
    if (owner) owner.continuations += 1
    held.push({
      item,
      continuations: 0,
      continues: owner && { held: owner, number: name.number },
      objects: 1,
    })
  }
  for (const one of held) yield* settle(one, head)
}

/** Whether a key may be a continuation of an earlier one, or precede one. */
function mayContinue(earlier: string, key: string): boolean {
  // a colon follows the digits
  return key.startsWith(earlier) && key.slice(earlier.length) < '.z3+:'
}

/** @param one in the order of the listing: the first object of a stream comes first */
async function* settle(
  one: Held | undefined,
  head: (key: string) => Promise<ObjectInfo>,
): AsyncIterable<Listed> {
  if (!one) return
  const { item, continues } = one
  if (continues && continues.number < continues.held.objects) return
  if ('problem' in item || one.continuations === 0) {
    yield item
    return
  }
  try {
    const { size, etag, modified, pieces } = await head(item.key)
    if (!pieces) {
      yield item
      return
    }
    one.objects = pieces.length
    yield { ...item, size, etag, modified: item.modified ?? modified, objects: pieces.length }
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    // deleted since it was listed
    if (error.code === 'no-such-key') return
    if (!OF_ONE_OBJECT.includes(error.code)) throw error
    yield { key: item.key, problem: error, unreadable: error.code !== 'size-mismatch' }
  }
}
