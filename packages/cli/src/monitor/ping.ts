import pRetry from 'p-retry'

/** A run that is reported to healthchecks.io or a compatible service. */
export interface Ping {
  /** The run has ended. Waits for the request of its start. */
  end(isSuccess: boolean, log: string): Promise<void>
}

/** Time limit of an attempt, milliseconds. */
export const PING_TIMEOUT = 10_000

/** Between the two attempts, milliseconds. */
const PAUSE = 500

/**
 * Request URL/start now, without waiting, and URL or URL/fail when the run ends: the protocol of
 * https://healthchecks.io/docs/http_api/.
 *
 * @param limit milliseconds for each of the two attempts of a request
 * @param signal ends the request of the start: programs heed signals within 10 s
 * @param warn told of what fails. The URL is a secret: who knows it can report runs.
 */
export function startPing(
  url: string,
  limit: () => number,
  signal: AbortSignal,
  warn: (line: string) => void,
): Ping {
  const send = async (path: string, body: string, options: PingOptions): Promise<boolean> => {
    const attempt = () => post(withPath(url, path), body, limit(), options.signal)
    try {
      await pRetry(attempt, { minTimeout: PAUSE, maxTimeout: PAUSE, ...options })
      return true
    } catch (error) {
      warn(`cannot reach PING_URL${path}: ${reasonOf(error)}`)
      return false
    }
  }
  const started = send('/start', '', { retries: 1, signal })
  return {
    end: async (isSuccess, log) => {
      // the service would take the time of a late start for that of another run
      const isReachable = await started
      await send(isSuccess ? '' : '/fail', log, { retries: isReachable ? 1 : 0 })
    },
  }
}

interface PingOptions {
  readonly retries: number
  readonly signal?: AbortSignal
}

function withPath(url: string, path: string): URL {
  const full = new URL(url)
  full.pathname = `${full.pathname.replace(/\/+$/, '')}${path}`
  return full
}

async function post(
  url: URL,
  body: string,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Node 20 may collect an AbortSignal.timeout that only AbortSignal.any refers to: it never aborts
  const controller = new AbortController()
  const abort = () => {
    controller.abort(signal?.reason)
  }
  const timer = setTimeout(() => {
    controller.abort(new DOMException('no response in time', 'TimeoutError'))
  }, limit)
  signal?.addEventListener('abort', abort)
  try {
    signal?.throwIfAborted()
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      signal: controller.signal,
    })
    // an unread body would keep the connection
    await response.body?.cancel()
    if (!response.ok) throw new Error(`HTTP status ${String(response.status)}`)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** Without the URL, which some messages of fetch contain. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  if (error.name === 'TimeoutError') return 'no response in time'
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException
  if (code !== undefined && /^[A-Z_]+$/.test(code)) return code
  return /^HTTP status \d+$/.test(error.message) ? error.message : 'request failed'
}
