/** The parts of a response head that the fast path needs. */
export interface RangeHead {
  /** Where the body begins. */
  readonly bodyAt: number
  readonly headers: Readonly<Record<string, string>>
  /** Whether the connection can be reused. */
  readonly keepAlive: boolean
}

/**
 * Parse the one kind of response head that the fast path supports: HTTP/1.1, 206, and an unencoded
 * body of exactly the wanted length. (RFC 9112, 9110.)
 *
 * @returns undefined if the head is incomplete, null for any other response
 */
export function parseRangeHead(bytes: Buffer, wanted: number): RangeHead | null | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [status = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  if (!/^HTTP\/1\.1 206( |$)/.test(status)) return null
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    const name = match?.[1]?.toLowerCase()
    // a folded, broken or repeated header: left to Node's parser
    if (name === undefined || name in headers) return null
    headers[name] = match?.[2] ?? ''
  }
  const plain =
    headers['content-length'] === String(wanted) &&
    headers['transfer-encoding'] === undefined &&
    headers['content-encoding'] === undefined
  if (!plain) return null
  return {
    bodyAt: end + 4,
    headers,
    keepAlive: headers['connection']?.toLowerCase() !== 'close',
  }
}
