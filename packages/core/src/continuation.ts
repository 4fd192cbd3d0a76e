/*
 * A stream that exceeds one object continues in further objects: KEY, KEY.z3+001, KEY.z3+002 and so
 * on (docs/format.md). ZFS does not allow `+` in the name of a snapshot, so no snapshot has such a
 * key.
 */

/** `KEY.z3+001` has three digits. */
export const MOST_CONTINUATIONS = 999

/** Metadata of every object that may be continued, and of those that continue one. */
export const OBJECT_LIMIT = 'object-limit'

/** The value of `object-limit`: `LIMIT STREAM`, and of a continuation `LIMIT STREAM NUMBER`. */
export interface ObjectLimit {
  /** An object of exactly so many bytes is continued by another one; a smaller one is the last. */
  readonly limit: number
  /** A random word, the same in all objects of a stream. */
  readonly stream: string
  /** 0: the first object, that of KEY. */
  readonly number: number
}

/** @param number from 1 */
export function continuationKey(key: string, number: number): string {
  return `${key}.z3+${String(number).padStart(3, '0')}`
}

/** @returns undefined: no continuation has such a key */
export function parseContinuationKey(
  text: string,
): { readonly key: string; readonly number: number } | undefined {
  const [, key, digits = ''] = /^(.+)\.z3\+(\d{3})$/su.exec(text) ?? []
  const number = Number(digits)
  return key === undefined || number === 0 ? undefined : { key, number }
}

export function formatObjectLimit({ limit, stream, number }: ObjectLimit): string {
  return [limit, stream, ...(number === 0 ? [] : [number])].join(' ')
}

/** @returns undefined for any other text */
export function parseObjectLimit(text: string | undefined): ObjectLimit | undefined {
  const [, limit = '', stream = '', number = '0'] =
    /^([1-9]\d{0,14}) ([0-9a-f]{24})(?: ([1-9]\d{0,2}))?$/.exec(text ?? '') ?? []
  return stream === '' ? undefined : { limit: Number(limit), stream, number: Number(number) }
}
