import type { ErrorCode } from '@z3/core'

/** What an error means: its code, what happened, what to do. */
export type Row = readonly [code: ErrorCode, what: string, hint: string]

export const PROXY_HINT = 'Check HTTPS_PROXY and HTTP_PROXY, or name the server in NO_PROXY.'

const CA_HINT = 'If the CA is your own, set S3_CA_FILE (or NODE_EXTRA_CA_CERTS) to its certificate.'

/** OpenSSL's words for a certificate that it cannot trace to a CA. */
const UNKNOWN_CA = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/**
 * Say why no answer came.
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
    return row("the server's certificate is of an unknown CA", CA_HINT)
  }
  if (name === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return row(
      "the server's certificate is for another name",
      'Check the host name in S3_ENDPOINT; with virtual-host addressing the certificate needs *.HOST.',
    )
  }
  if (name === 'CERT_HAS_EXPIRED' || name === 'CERT_NOT_YET_VALID') {
    return row(
      "the server's certificate is not valid today",
      "Check this machine's clock (timedatectl); if it is right, the server needs a new certificate.",
    )
  }
  if (name.includes('WRONG_VERSION_NUMBER') || /wrong version/i.test(message)) {
    return row(
      'the server does not speak TLS at this port',
      'Write http:// in S3_ENDPOINT, or the port that speaks https.',
    )
  }
  if (name.startsWith('HPE_')) {
    return row('the answer is not HTTP', 'Write https:// in S3_ENDPOINT if the port speaks TLS.')
  }
  if (name === 'ERR_RANGE_IGNORED') {
    const hint = 'Check for a proxy that changes answers.'
    return ['store-rejected', `no usable answer: ${message}`, hint]
  }
  const silence = name === 'TimeoutError' ? /(\d+) ms/.exec(message)?.[1] : undefined
  if (silence !== undefined) {
    // the SDK speaks of its own parts
    const what = message.includes('establish a connection')
      ? 'no connection to the server'
      : 'no answer from the server'
    return [
      'store-unavailable',
      `${what} within ${String(Number(silence) / 1000)} s`,
      'Check the network, the endpoint (S3_ENDPOINT, HOST) and that the server runs.',
    ]
  }
  if (name.startsWith('ERR_PROXY_')) {
    return ['store-unavailable', message, PROXY_HINT]
  }
  if (name === 'ECONNRESET') {
    return [
      'store-unavailable',
      `no usable answer: ${detail}`,
      'Check the network and that the server runs; if the port speaks TLS, S3_ENDPOINT begins with https://.',
    ]
  }
  return [
    'store-unavailable',
    `no usable answer: ${detail}`,
    'Check the network, the endpoint (S3_ENDPOINT, HOST) and that the server runs.',
  ]
}
