import { Z3Error } from '@z3/core'
import { grace, type Clock } from '../clock.js'
import type { ObjectInfo } from '../object-info.js'
import { headObject } from './head-object.js'
import type { S3Connection } from './connection/s3-connection.js'

/** Number of checks if the server has said that the object is complete, or never was. */
const LOOKS = 5

/** Longest pause between two checks, milliseconds. */
const LONGEST_PAUSE = 30_000

/** Time limit for the last check after a signal, milliseconds. */
const LAST_LOOK = 2_000

/** Where and how to look. */
export interface Place {
  readonly s3: S3Connection
  readonly key: string
  readonly clock: Clock
  /** First pause between two checks, milliseconds. */
  readonly firstDelay: number
  readonly signal: AbortSignal
}

/** Result of the last check of a key. */
export interface Look {
  readonly info?: ObjectInfo
  /** The server says that there is no object. */
  readonly absent?: boolean
  readonly error?: unknown
}

/**
 * Check the key until the object is the expected one: a 404 or an older object may be stale, and a
 * refusal may be temporary.
 *
 * @param deadline by the clock; undefined: a few checks
 */
export async function lookForObject(
  { s3, key, clock, firstDelay, signal }: Place,
  satisfies: (info: ObjectInfo) => boolean,
  deadline?: number,
): Promise<Look> {
  let pause = firstDelay
  for (let look = 1; ; look++) {
    let last: Look
    try {
      const info = await headObject(s3, key, signal)
      if (satisfies(info)) return { info }
      last = { info }
    } catch (error) {
      const absent = error instanceof Z3Error && error.code === 'no-such-key'
      last = { absent, error }
      // it was already repeated as long as useful
      if (!absent && !isRefusal(error) && deadline === undefined) return last
    }
    const over = deadline === undefined ? look >= LOOKS : clock.now() >= deadline
    if (over || signal.aborted) return last
    try {
      await clock.sleep(pause, signal)
    } catch {
      return last
    }
    pause = Math.min(pause * 2, LONGEST_PAUSE)
  }
}

/**
 * Check once, without waiting.
 *
 * @returns undefined if no object was seen, for any reason
 */
export async function lookAtOnce({ s3, key, clock }: Place): Promise<ObjectInfo | undefined> {
  const bounded = grace(AbortSignal.abort(), LAST_LOOK, clock)
  try {
    return await headObject(s3, key, bounded.signal)
  } catch {
    return undefined
  } finally {
    bounded.end()
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Z3Error && error.code !== 'store-unavailable'
}
