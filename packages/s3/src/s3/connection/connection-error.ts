import type { ErrorCode } from '@z3/core'

/** Meaning of an error: its code, message and hint. */
export type Row = readonly [code: ErrorCode, what: string, hint: string]

export const PROXY_HINT = 'Check HTTPS_PROXY and HTTP_PROXY, or add the server to NO_PROXY.'

const CA_HINT = 'For a private CA, set S3_CA_FILE (or NODE_EXTRA_CA_CERTS) to its certificate.'

/** OpenSSL errors for a certificate without a trusted CA. */
const UNKNOWN_CA = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/**
 * Why there was no response.
 *
 * @param name of the socket's, TLS's or the SDK's error
 * @param detail name and message
 */
export function connectionError(name: string, message: string, detail: string): Row {
  const row = (what: string, hint: string): Row => [
    'store-unavailable',
    `${what} (${detail})`,
    hint,
  ]
  if (UNKNOWN_CA.has(name)) {
    return row("the server's certificate is from an unknown CA", CA_HINT)
  }
  if (name === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return row(
      "the server's certificate is for another name",
      'Check the host name in S3_ENDPOINT; virtual-host addressing needs a certificate for *.HOST.',
    )
  }
  if (name === 'CERT_HAS_EXPIRED' || name === 'CERT_NOT_YET_VALID') {
    return row(
      "the server's certificate is expired or not yet valid",
      "Check this machine's clock (timedatectl); if it is right, the server needs a new certificate.",
    )
  }
  if (name.includes('WRONG_VERSION_NUMBER') || /wrong version/i.test(message)) {
    return row(
      'the server does not use TLS on this port',
      'Use http:// in S3_ENDPOINT, or the port for https.',
    )
  }
  if (name.startsWith('HPE_')) {
    return row('the response is not HTTP', 'Use https:// in S3_ENDPOINT if the port uses TLS.')
  }
  if (name === 'ERR_RANGE_IGNORED') {
    const hint = 'Check for a proxy that modifies responses.'
    return ['store-rejected', `no usable response: ${message}`, hint]
  }
  const silence = name === 'TimeoutError' ? /(\d+) ms/.exec(message)?.[1] : undefined
  if (silence !== undefined) {
    // the SDK's message names its own internals
    const what = message.includes('establish a connection')
      ? 'no connection to the server'
      : 'no response from the server'
    return [
      'store-unavailable',
      `${what} within ${String(Number(silence) / 1000)} s`,
      'Check the network, the endpoint (S3_ENDPOINT, HOST) and whether the server runs.',
    ]
  }
  if (name.startsWith('ERR_PROXY_')) {
    return ['store-unavailable', message, PROXY_HINT]
  }
  if (name === 'ECONNRESET') {
    return [
      'store-unavailable',
      `no usable response: ${detail}`,
      'Check the network and whether the server runs; if the port uses TLS, use https:// in S3_ENDPOINT.',
    ]
  }
  return [
    'store-unavailable',
    `no usable response: ${detail}`,
    'Check the network, the endpoint (S3_ENDPOINT, HOST) and whether the server runs.',
  ]
}
