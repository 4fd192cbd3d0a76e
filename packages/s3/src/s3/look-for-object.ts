import { Z3Error } from '@z3/core'
import { grace, type Clock } from '../clock.js'
import type { ObjectInfo } from '../object-store.js'
import { headObject } from './head-object.js'
import type { S3Connection } from './connection/s3-connection.js'

/** Looks at an object that the server has said is complete, or never was. */
const LOOKS = 5

/** Longest pause between two looks, milliseconds. */
const LONGEST_PAUSE = 30_000

/** How long the look behind a signal may take, milliseconds. */
const LAST_LOOK = 2_000

/** Where to look, and how. */
export interface Place {
  readonly s3: S3Connection
  readonly key: string
  readonly clock: Clock
  /** First pause between two looks, milliseconds. */
  readonly firstDelay: number
  readonly signal: AbortSignal
}

/** What the last look at a key has seen. */
export interface Look {
  readonly info?: ObjectInfo
  /** The server says that there is none. */
  readonly absent?: boolean
  readonly error?: unknown
}

/**
 * Look at the key until what is there satisfies: a 404 may be stale, so may an
 * older object, and a refusal may be a moment's.
 *
 * @param deadline by the clock; none: a few looks
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
      // it was repeated for as long as that may help
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
 * Look once, when there is no time left to wait.
 *
 * @returns undefined where nothing is to be seen, for whatever reason
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
