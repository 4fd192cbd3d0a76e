import { setMaxListeners } from 'node:events'
import { Z3Error } from '@z3/core'
import type { ByteGauge } from '../byte-gauge.js'
import { chooseCheck, type Verdict } from './download-check.js'
import type { ObjectStore } from '../object-store.js'
import type { ObjectInfo } from '../object-info.js'
import { ParallelRanges } from './parallel-ranges.js'
import { MAX_BUFFER, PartPool } from './part-pool.js'
import { objectDeleted } from '../range-answer.js'

export interface DownloadRequest {
  /** The object, from `head`; its ETag pins every range. */
  readonly info: ObjectInfo
  /** Bytes per range. */
  readonly chunkSize: number
  /** Maximum number of parallel ranges, for a network that needs them. */
  readonly concurrency: number
  /** Maximum bytes of buffers; ranges get shorter if necessary. */
  readonly memory: number
  /** Receives the object's data in order; called again after it has resolved. */
  readonly write: (chunk: Uint8Array) => Promise<unknown>
  /** The CRC-32 in the object's manifest. */
  readonly crc32?: number | undefined
  /** Counts the bytes as they arrive, before they are checked and written. */
  readonly gauge?: ByteGauge | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Read an object in parallel ranges and write it in order. The last range is written only after all
 * data has been compared.
 *
 * @returns the result of the comparison
 * @throws Z3Error `object-changed`, `checksum-mismatch`, `size-mismatch`, errors of the store and
 *   of `write`; the signal's reason when aborted
 */
export async function download(store: ObjectStore, request: DownloadRequest): Promise<Verdict> {
  const { info, chunkSize, concurrency, memory, write, gauge } = request
  if (info.etag === '') throw unpinned(info, store)
  const stop = new AbortController()
  const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal
  // every request in flight adds a listener, up to hundreds
  setMaxListeners(0, signal)
  const check = await chooseCheck(store, info, signal, request.crc32)
  const range = Math.min(chunkSize, memory, MAX_BUFFER, Math.max(info.size, 1))
  const ranges = Math.ceil(info.size / range)
  // one additional buffer, which is being written
  const pool = new PartPool(
    Math.min(memory, range * Math.min(concurrency + 1, Math.max(ranges, 1))),
    concurrency + 1,
  )
  const slots = Math.max(1, Math.min(concurrency + 1, ranges, Math.floor(memory / range)))
  const reading: Promise<{ bytes: Uint8Array; release: () => void }>[] = []
  let next = 0
  const readNext = () => {
    const offset = next++ * range
    const promise = pool.acquire(range).then(async (slot) => {
      const length = Math.min(range, info.size - offset)
      const bytes = slot.buffer.subarray(0, length)
      const { key, etag, size, version } = info
      await store.read(key, { offset, into: bytes, etag, size, version, gauge, signal })
      return {
        bytes,
        release: () => {
          slot.release()
        },
      }
    })
    // awaited later; until then, a rejection is not unhandled
    promise.catch(() => undefined)
    reading.push(promise)
  }
  const parallel = new ParallelRanges(concurrency)
  /** @param held buffers of ranges that are no longer in `reading` */
  const readMore = (held: number) => {
    const most = Math.min(slots, parallel.limit + 1) - held
    while (reading.length < most && next < ranges) readNext()
  }
  let written = 0
  try {
    readMore(0)
    for (let turn = reading.shift(); turn; turn = reading.shift()) {
      const { bytes, release } = await parallel.arrival(turn, () => {
        readMore(1)
      })
      signal.throwIfAborted()
      if (reading.length === 0 && next === ranges) {
        // the last bytes are written after the check, so that a reader that takes end of file for
        // success never sees the end of a damaged object
        await check.update(bytes)
        const verdict = await check.end()
        await write(bytes)
        return verdict
      }
      await Promise.all([write(bytes), check.update(bytes)])
      written += bytes.byteLength
      release()
      readMore(0)
    }
    return await check.end()
  } catch (error) {
    stop.abort(error)
    if (request.signal?.aborted) throw request.signal.reason
    // `no-such-key` implies that nothing was written
    const gone = error instanceof Z3Error && error.code === 'no-such-key' && written > 0
    throw gone ? objectDeleted(info.key, store.title, error) : error
  } finally {
    check.close()
    await Promise.allSettled(reading)
  }
}

/** Without an ETag, ranges could come from different objects. */
function unpinned({ key }: ObjectInfo, store: ObjectStore): Z3Error {
  return new Z3Error(
    'store-rejected',
    `the server returned no ETag for '${key}', so parallel ranges may come from different objects (${store.title})`,
    { hint: 'Check for a proxy that removes headers.' },
  )
}
