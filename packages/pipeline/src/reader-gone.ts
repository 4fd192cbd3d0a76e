/** What write(2) says when nobody reads: Node's pipes are sockets, which reset. */
const BROKEN = /broken pipe|\bEPIPE\b|connection reset by peer|\bECONNRESET\b/i

/** Of the output, not of a connection that the program has to somewhere. */
const OUTPUT = /\bwrit(?:e|ing)\b|stdout|standard output|cannot send '/i

/** A write that failed for whatever reason. */
const WRITE_FAILED =
  /\bwrit(?:e|ing)\b.*(?:error|fail)|(?:error|fail|cannot|could not|unable).*\bwrit(?:e|ing)\b/i

/** Reasons that are not the reader's. */
const ELSEWHERE = /no space|quota|read-only|permission|input\/output/i

/**
 * Does a line that a program wrote to standard error say that what reads its
 * output is gone?
 *
 * @returns `yes`; `maybe` where it may be about something else
 */
export function readerGone(line: string): 'yes' | 'maybe' | 'no' {
  if (line.includes('the program that reads the output ended')) return 'yes' // z3-get
  // z3-get, of the server
  if (line.includes('no usable answer') || line.includes('://')) return 'no'
  if (BROKEN.test(line)) {
    if (OUTPUT.test(line)) return 'yes'
    return /broken pipe|\bEPIPE\b/i.test(line) ? 'maybe' : 'no'
  }
  return WRITE_FAILED.test(line) && !ELSEWHERE.test(line) ? 'maybe' : 'no'
}
