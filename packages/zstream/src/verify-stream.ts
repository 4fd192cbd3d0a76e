import { createFletcher4 } from './fletcher4.js'
import { RECORD_BYTES } from './record.js'
import { StreamParser } from './stream-parser.js'
import type { StreamSummary } from './summary.js'

/** Bytes to read at once. */
const CHUNK = 1 << 18

/** Room before a chunk for the rest of the previous one. */
const HEADROOM = 512

/**
 * Read a ZFS send stream to its end, check it, and write it. Only checked data is written; the last
 * record is written after the end of the input if everything is valid, so a reader never sees the
 * end of a damaged stream.
 *
 * @param read fills a part of the buffer; returns 0 at the end of the input
 * @param write writes all bytes before it returns
 * @param useSimd see `createFletcher4`
 * @param accept called when the stream is valid, before the last record is written; throws if it is
 *   not the wanted stream
 * @throws Z3Error of StreamParser, and errors of `read` and `write`
 */
export function verifyStream(
  read: (into: Uint8Array) => number,
  write: (bytes: Uint8Array) => void,
  useSimd?: boolean,
  accept?: (summary: StreamSummary) => void,
): StreamSummary {
  const fletcher = createFletcher4(HEADROOM + CHUNK, useSimd)
  const { bytes } = fletcher
  const parser = new StreamParser(fletcher)
  let kept = 0
  for (;;) {
    const at = HEADROOM - kept
    const count = read(bytes.subarray(HEADROOM))
    if (count === 0) {
      parser.finish(at, kept)
      accept?.(parser.summary)
      write(bytes.subarray(at, HEADROOM))
      return parser.summary
    }
    const end = HEADROOM + count
    const from = at + parser.consume(at, kept + count)
    if (from > at) write(bytes.subarray(at, from))
    kept = end - from
    if (kept > RECORD_BYTES) throw new Error('more was kept than a record')
    bytes.copyWithin(HEADROOM - kept, from, end)
  }
}
