import { createFletcher4 } from './fletcher4.js'
import { RECORD_BYTES } from './record.js'
import { StreamParser } from './stream-parser.js'
import type { StreamSummary } from './summary.js'

/** How much is read at once, bytes. */
const CHUNK = 1 << 18

/** Room before a chunk for what the chunk before has left. */
const HEADROOM = 512

/**
 * Read a ZFS send stream to its end, check it, and write it on. What is
 * written is checked up to its last byte; the last record is written when the
 * input has ended and all is well, so that a reader never sees a damaged
 * stream come to its end.
 *
 * @param read fills some of the buffer; 0 at the end of the input
 * @param write writes all of the bytes before it returns
 * @param useSimd see `createFletcher4`
 * @param accept called when all is well, before the last record is written; throws
 *   where it is another stream than is wanted
 * @throws Z3Error of StreamParser, and what `read` and `write` throw
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
