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
