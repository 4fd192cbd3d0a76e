/** What the fast path needs of an answer's head. */
export interface RangeHead {
  /** Where the body begins. */
  readonly bodyAt: number
  readonly headers: Readonly<Record<string, string>>
  /** May the connection be used again? */
  readonly keepAlive: boolean
}

/**
 * Read the head of the one answer that the fast path takes: HTTP/1.1, 206, and
 * a body of exactly the wanted length, as it is. (RFC 9112, 9110.)
 *
 * @returns undefined when the head is not yet whole, null for any other answer
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
    // a folded, broken or repeated header: leave it to those who know them all
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
