/** The parts of an SDK or socket error that tell what happened. */
export interface RawError {
  readonly name?: string
  readonly message?: string
  readonly Code?: string
  readonly code?: string
  readonly syscall?: string
  readonly Region?: string
  readonly Endpoint?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: {
    readonly headers?: Readonly<Record<string, string>>
  }
}

/** The server's word for the error, the socket's, or the SDK's. */
export function errorName(error: unknown): string {
  const e = error as RawError
  return e.Code ?? e.code ?? e.name ?? 'Error'
}

/** HTTP status, or undefined when no answer came. */
export function httpStatus(error: unknown): number | undefined {
  return (error as RawError).$metadata?.httpStatusCode
}

/** Codes of errors that say nothing of the next attempt. */
const RETRYABLE = new Set([
  // the way there
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'TimeoutError',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_PROXY_UNAVAILABLE',
  'NoResult',
  // the server, with a 4xx status
  'RequestTimeout',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'OperationAborted',
  'BadDigest',
  'IncompleteBody',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
])

/** May the same request succeed when it is made again? */
export function isRetryable(error: unknown): boolean {
  const status = httpStatus(error)
  if (RETRYABLE.has(errorName(error))) return true
  if (status === undefined) return false
  // 501 is a feature that is not there, and stays so
  return (status >= 500 && status !== 501) || status === 429 || status === 408
}

/** Did no answer come at all? Then the endpoint itself may be wrong. */
export function isUnreachable(error: unknown): boolean {
  return httpStatus(error) === undefined
}

/**
 * Did a connection stand, and the answer not come in time? Then the server is
 * there, and slow.
 */
export function isSilence(error: unknown): boolean {
  const { message = '', syscall } = error as RawError
  return (
    ['TimeoutError', 'ETIMEDOUT'].includes(errorName(error)) &&
    syscall !== 'connect' &&
    // the SDK's words, and ours
    !/did not establish a connection|no connection within/.test(message)
  )
}

/** Errors of a request that was never sent. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CredentialsProviderError',
])

/** May a request that failed so have reached the server? */
export function wasSent(error: unknown): boolean {
  return !isUnreachable(error) || !NOT_SENT.has(errorName(error))
}

/**
 * May a request that failed so have been carried out, or be carried out still?
 * Not where a server of S3 has answered; silence, a cut, a gateway's page and
 * a success that cannot be read say nothing of the server behind.
 */
export function mayBeUnderWay(error: unknown): boolean {
  if (isUnreachable(error)) return wasSent(error)
  const { Code } = error as { Code?: string }
  const status = httpStatus(error) ?? 0
  return Code === undefined && (status >= 500 || status === 408 || status < 300)
}
