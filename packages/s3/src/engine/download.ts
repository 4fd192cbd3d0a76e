import { setMaxListeners } from 'node:events'
import { Z3Error } from '@z3/core'
import { chooseCheck, type Verdict } from './download-check.js'
import type { ObjectInfo, ObjectStore } from '../object-store.js'
import { MAX_BUFFER, PartPool } from './part-pool.js'
import { objectDeleted } from '../range-answer.js'

export interface DownloadRequest {
  /** What is to be read: the answer of `head`; its ETag pins every range. */
  readonly info: ObjectInfo
  /** Bytes of one range. */
  readonly chunkSize: number
  /** Ranges read at once, at most. */
  readonly concurrency: number
  /** Bytes of buffers at most; ranges are shorter where it is not enough. */
  readonly memory: number
  /** Takes the object's bytes in order; called again when it has resolved. */
  readonly write: (chunk: Uint8Array) => Promise<unknown>
  /** The CRC-32 that the object's manifest names. */
  readonly crc32?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Read an object by several ranges at once and hand it on in order. The last range is
 * handed on only when all bytes have been compared.
 *
 * @returns how the bytes were compared with what the store knows of them
 * @throws Z3Error `object-changed`, `checksum-mismatch`, `size-mismatch`, what the store and
 *   `write` throw; the signal's reason when aborted
 */
export async function download(store: ObjectStore, request: DownloadRequest): Promise<Verdict> {
  const { info, chunkSize, concurrency, memory, write } = request
  if (info.etag === '') throw unpinned(info, store)
  const stop = new AbortController()
  const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal
  // every request in flight listens, and there may be hundreds
  setMaxListeners(0, signal)
  const check = await chooseCheck(store, info, signal, request.crc32)
  const range = Math.min(chunkSize, memory, MAX_BUFFER, Math.max(info.size, 1))
  const ranges = Math.ceil(info.size / range)
  // one buffer more than is read into: it is being written from
  const pool = new PartPool(
    Math.min(memory, range * Math.min(concurrency + 1, Math.max(ranges, 1))),
    concurrency + 1,
    true,
  )
  const slots = Math.max(1, Math.min(concurrency + 1, ranges, Math.floor(memory / range)))
  const reading: Promise<{ bytes: Uint8Array; release: () => void }>[] = []
  let next = 0
  const readNext = () => {
    const offset = next++ * range
    const promise = pool.acquire(range).then(async (slot) => {
      const length = Math.min(range, info.size - offset)
      const bytes = slot.buffer.subarray(0, length)
      const { key, etag, size } = info
      await store.read(key, { offset, into: bytes, etag, size, signal })
      return {
        bytes,
        release: () => {
          slot.release()
        },
      }
    })
    // seen when its turn comes; until then it is not unhandled
    promise.catch(() => undefined)
    reading.push(promise)
  }
  let written = 0
  try {
    while (next < slots && next < ranges) readNext()
    for (let turn = reading.shift(); turn; turn = reading.shift()) {
      const { bytes, release } = await turn
      signal.throwIfAborted()
      if (reading.length === 0 && next === ranges) {
        // the last bytes go out when all are known to be right, so that a reader that
        // takes the end of its input for success never sees the end of a damaged object
        await check.update(bytes)
        const verdict = await check.end()
        await write(bytes)
        return verdict
      }
      await Promise.all([write(bytes), check.update(bytes)])
      written += bytes.byteLength
      release()
      if (next < ranges) readNext()
    }
    return await check.end()
  } catch (error) {
    stop.abort(error)
    if (request.signal?.aborted) throw request.signal.reason
    // "no such object" means that nothing was written
    const gone = error instanceof Z3Error && error.code === 'no-such-key' && written > 0
    throw gone ? objectDeleted(info.key, store.title, error) : error
  } finally {
    check.close()
    await Promise.allSettled(reading)
  }
}

/** Without an ETag, ranges of two objects could pass for one. */
function unpinned({ key }: ObjectInfo, store: ObjectStore): Z3Error {
  return new Z3Error(
    'store-rejected',
    `the server gives no ETag for '${key}', so its ranges cannot be pinned to one object (${store.title})`,
    { hint: 'Check for a proxy that removes headers.' },
  )
}
