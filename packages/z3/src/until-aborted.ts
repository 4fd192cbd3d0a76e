import { orAborted } from '@z3/cli'

/**
 * The items of a listing, until a signal aborts: a server that does not answer
 * keeps nobody waiting.
 *
 * @throws the signal's reason
 */
export async function* untilAborted<T>(
  signal: AbortSignal,
  items: AsyncIterable<T>,
): AsyncGenerator<T, void> {
  const iterator = items[Symbol.asyncIterator]()
  for (;;) {
    const next = await orAborted(signal, iterator.next())
    if (next.done === true) return
    yield next.value
  }
}
