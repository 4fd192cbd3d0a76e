import { setTimeout } from 'node:timers/promises'
import type { Context } from '@z3/backup'
import { Z3Error } from '@z3/core'
import { describeCount } from './describe.js'
import { stillArchived, type ArchivedObject } from './find-archived.js'
import { requestThaw } from './request-thaw.js'
import type { Thaw } from './thaw-options.js'

const MINUTE = 60_000

/** Waits so many milliseconds; throws the signal's reason. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<unknown>

const sleepSystem: Sleep = async (milliseconds, signal) => {
  try {
    await setTimeout(milliseconds, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

/** How often an object is requested, since a thawed copy may expire while others are thawed. */
const MOST_REQUESTS = 3

/**
 * Wait until all objects are thawed: HEAD of those that are not, first every minute, later every
 * five minutes.
 *
 * @throws Z3Error of the store, `store-rejected` if it does not thaw an object; the signal's reason
 */
export async function waitThawed(
  objects: readonly ArchivedObject[],
  context: Pick<Context, 'store' | 'place' | 'config' | 'tell'>,
  thaw: Thaw,
  signal: AbortSignal,
  sleep: Sleep = sleepSystem,
): Promise<void> {
  const requests = new Map<string, number>()
  let pending = objects
  for (let waited = 0; pending.length > 0;) {
    const pause = Math.min(5, Math.max(1, Math.floor(waited / MINUTE / 10))) * MINUTE
    await sleep(pause, signal)
    waited += pause
    pending = await stillArchived(pending, context, signal)
    // the copies of others may have expired
    if (pending.length === 0) pending = await stillArchived(objects, context, signal)
    const again = pending.filter(({ state }) => state.phase === 'archived')
    for (const { key } of again) {
      const count = (requests.get(key) ?? 1) + 1
      requests.set(key, count)
      if (count > MOST_REQUESTS) throw notThawed(key, context.store.title)
    }
    await requestThaw(context.store, again, thaw, signal)
    if (pending.length > 0) context.tell(`still waiting for ${describeCount(pending)}`)
  }
}

function notThawed(key: string, title: string): Z3Error {
  return new Z3Error(
    'store-rejected',
    `'${key}' is archived again after ${String(MOST_REQUESTS)} requests to thaw it (${title})`,
    { hint: 'Use a larger --thaw-days, so that no thawed copy expires before all are thawed.' },
  )
}
