/** The relevant parts of an SDK or socket error. */
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

/** The error code of the server, the socket, or the SDK. */
export function errorName(error: unknown): string {
  const e = error as RawError
  return e.Code ?? e.code ?? e.name ?? 'Error'
}

/** HTTP status; undefined without a response. */
export function httpStatus(error: unknown): number | undefined {
  return (error as RawError).$metadata?.httpStatusCode
}

/** Codes of errors that may be temporary. */
const RETRYABLE = new Set([
  // the connection
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

/** Codes of errors of a server that has too much to do. */
const OVERLOADED = new Set([
  ...['RequestTimeout', 'SlowDown', 'Throttling', 'ThrottlingException', 'TooManyRequests'],
  ...['TooManyRequestsException', 'RequestLimitExceeded'],
])

/** Whether fewer requests at once may help: the server says so, or does not respond in time. */
export function isOverload(error: unknown): boolean {
  const status = httpStatus(error)
  return status === 503 || status === 429 || OVERLOADED.has(errorName(error)) || isSilence(error)
}

/** Whether the same request may succeed if repeated. */
export function isRetryable(error: unknown): boolean {
  const status = httpStatus(error)
  if (RETRYABLE.has(errorName(error))) return true
  if (status === undefined) return false
  // 501 is a missing feature, which is permanent
  return (status >= 500 && status !== 501) || status === 429 || status === 408
}

/** Whether there was no response at all, so the endpoint may be wrong. */
export function isUnreachable(error: unknown): boolean {
  return httpStatus(error) === undefined
}

/** Whether there was a connection but no response in time, so the server exists and is slow. */
export function isSilence(error: unknown): boolean {
  const { message = '', syscall } = error as RawError
  return (
    ['TimeoutError', 'ETIMEDOUT'].includes(errorName(error)) &&
    syscall !== 'connect' &&
    // messages of the SDK and ours
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

/** Whether the failed request may have reached the server. */
export function wasSent(error: unknown): boolean {
  return !isUnreachable(error) || !NOT_SENT.has(errorName(error))
}

/**
 * Whether the failed request may have been executed, or may still be. Not after a response of S3; a
 * timeout, a broken connection, a gateway's page and an unreadable success prove nothing.
 */
export function mayBeUnderWay(error: unknown): boolean {
  if (isUnreachable(error)) return wasSent(error)
  const { Code } = error as { Code?: string }
  const status = httpStatus(error) ?? 0
  return Code === undefined && (status >= 500 || status === 408 || status < 300)
}
