import { Z3Error } from '@z3/core'
import type { ObjectStore } from '../object-store.js'
import type { ObjectInfo } from '../object-info.js'

/** The part of a range that one object has. */
interface PieceRange {
  readonly piece: ObjectInfo
  /** In the object, bytes. */
  readonly offset: number
  /** In the range, bytes: from `start` to `end`. */
  readonly start: number
  readonly end: number
}

/** Divide a range of a whole among the objects that hold it. */
export function rangeOf(
  { pieces = [] }: ObjectInfo,
  offset: number,
  length: number,
): readonly PieceRange[] {
  const ranges: PieceRange[] = []
  let begin = 0
  for (const piece of pieces) {
    const end = begin + piece.size
    const from = Math.max(begin, offset)
    const to = Math.min(end, offset + length)
    if (from < to) {
      ranges.push({ piece, offset: from - begin, start: from - offset, end: to - offset })
    }
    begin = end
  }
  return ranges
}

/** The error for a large object of which another version was seen before. */
export function objectChanged({ title }: ObjectStore, key: string): Z3Error {
  return new Z3Error('object-changed', `'${key}' was replaced (${title})`, {
    hint: 'Check whether another run writes to the same key.',
  })
}
