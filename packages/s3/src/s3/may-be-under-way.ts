import { errorName, httpStatus, isUnreachable } from './connection/s3-error.js'

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
