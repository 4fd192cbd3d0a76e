import { createFletcher4 } from './fletcher4.js'
import { RECORD_BYTES } from './record.js'
import { StreamParser } from './stream-parser.js'
import type { StreamSummary } from './summary.js'

/** Bytes to check at once. */
const CHUNK = 1 << 18

/** Room before a chunk for an incomplete record of the previous chunk. */
const HEADROOM = 512

/**
 * Checks a ZFS send stream that somebody else reads and passes here. Copies the data into the
 * memory of the checksum; `verifyStream` reads into that memory directly.
 */
export class StreamCheck {
  readonly #bytes: Uint8Array
  readonly #parser: StreamParser
  /** Bytes of an incomplete record, right before HEADROOM. */
  #kept = 0

  /** @param useSimd see `createFletcher4` */
  constructor(useSimd?: boolean) {
    const fletcher = createFletcher4(HEADROOM + CHUNK, useSimd)
    this.#bytes = fletcher.bytes
    this.#parser = new StreamParser(fletcher)
  }

  /**
   * @param bytes the next data, of any length
   * @throws Z3Error of StreamParser
   */
  update(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.byteLength; done += CHUNK) {
      const chunk = bytes.subarray(done, done + CHUNK)
      this.#bytes.set(chunk, HEADROOM)
      const at = HEADROOM - this.#kept
      const length = this.#kept + chunk.byteLength
      const from = at + this.#parser.consume(at, length)
      const end = at + length
      this.#kept = end - from
      if (this.#kept > RECORD_BYTES) throw new Error('more was kept than a record')
      this.#bytes.copyWithin(HEADROOM - this.#kept, from, end)
    }
  }

  /**
   * The end of the data.
   *
   * @throws Z3Error `cut-stream`, `not-a-stream`
   */
  end(): StreamSummary {
    this.#parser.finish(HEADROOM - this.#kept, this.#kept)
    return this.#parser.summary
  }
}
