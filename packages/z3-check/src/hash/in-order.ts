import { untilAborted } from '@z3/cli'
import { pMapIterable } from 'p-map'

/** Results that wait for an earlier one, per thread. */
const AHEAD = 16

/**
 * Run an action on items, several at once, and yield the results in the order of the items.
 *
 * @param signal ends the run
 * @throws what the action throws, and the signal's reason
 */
export function inOrder<T, R extends object>(
  items: AsyncIterable<T>,
  action: (item: T) => Promise<R>,
  parallel: number,
  signal: AbortSignal,
): AsyncGenerator<R, void> {
  const results: AsyncIterable<R> = pMapIterable(items, action, {
    concurrency: parallel,
    backpressure: parallel * AHEAD,
  })
  return untilAborted(signal, results)
}
