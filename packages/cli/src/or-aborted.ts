/**
 * Wait for a promise, but no longer than until a signal aborts.
 *
 * @throws the signal's reason
 */
export async function orAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const stop = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { signal: stop.signal })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    stop.abort()
  }
}

/**
 * The items of a listing, until a signal aborts: a server that does not answer keeps nobody
 * waiting.
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
