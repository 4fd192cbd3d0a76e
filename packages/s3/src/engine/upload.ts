import { setMaxListeners } from 'node:events'
import pLimit from 'p-limit'
import { formatSize, humanSize, partSize, reach, Z3Error, type PartSchedule } from '@z3/core'
import type {
  MultipartUpload,
  ObjectInfo,
  ObjectStore,
  UploadedPart,
  UploadOptions,
} from '../object-store.js'
import { grace, systemClock } from '../clock.js'
import { mayStand, objectExists } from '../upload-errors.js'
import { PartPool } from './part-pool.js'
import type { Source } from './source.js'

export interface UploadRequest extends UploadOptions {
  readonly key: string
  readonly schedule: PartSchedule
  /** Parts sent at once, at most. */
  readonly concurrency: number
  /** Bytes of buffers at most; no part of the schedule is larger. */
  readonly memory: number
  /**
   * Called when the source has ended and every part is sent: the upload is
   * completed only if this resolves (docs/architecture.md, the commit rule).
   */
  readonly commit: () => Promise<void>
  readonly signal?: AbortSignal | undefined
  /**
   * Given the bytes of each part in order, in shared memory. The memory is not
   * used again, and the upload not completed, before it resolves.
   */
  readonly onBody?: ((body: Uint8Array) => Promise<void>) | undefined
  /** Told of each part that the store has acknowledged. */
  readonly onPart?: ((part: UploadedPart) => void) | undefined
  /** Told when aborting failed, so that a pending upload may remain. */
  readonly onAbortFailed?: ((error: unknown) => void) | undefined
}

export interface UploadResult {
  readonly info: ObjectInfo
  readonly parts: number
}

/** How long a failed upload may take to clean up after itself, milliseconds. */
const ABORT_PATIENCE = 30_000

/** And once a signal has come: systemd kills what does not end, milliseconds. */
const ABORT_GRACE = 4_000

/**
 * Send a stream to a store in parts. On return the object stands and has been
 * looked at; on every throw the upload has been aborted, but after
 * `checksum-missing`, `completed-unchecked` and `completion-unknown`.
 *
 * @param openSource called once the store has agreed to the upload, so that a
 *   wrong bucket is known before anything is read
 * @throws Z3Error `empty-input`, `stream-too-large`, what `commit` and the
 *   store throw; the signal's reason when aborted
 */
export async function upload(
  store: ObjectStore,
  openSource: () => Source,
  request: UploadRequest,
): Promise<UploadResult> {
  const { key, metadata, storageClass, schedule, overwrite, onNote, signal } = request
  if (!overwrite && (await store.exists(key, signal))) throw objectExists(store, key)
  signal?.throwIfAborted()
  const options = { metadata, storageClass, schedule, overwrite, onNote }
  const begun = await store.createUpload(key, options, signal)
  try {
    const parts = await sendParts(begun, openSource(), request)
    if (parts.length === 0) {
      throw new Z3Error('empty-input', "Can't upload zero bytes!", {
        hint: 'The program that writes the stream failed, or wrote nothing.',
      })
    }
    await request.commit()
    signal?.throwIfAborted()
    return { info: await begun.complete(parts, signal), parts: parts.length }
  } catch (error) {
    // Complete may be under way still, and an abort would take its parts
    if (mayStand(error)) throw error
    const patience = AbortSignal.timeout(ABORT_PATIENCE)
    const asked = grace(signal, ABORT_GRACE, systemClock)
    const bounds = AbortSignal.any([patience, asked.signal])
    await begun.abort(bounds).catch((failure: unknown) => {
      request.onAbortFailed?.(failure)
    })
    asked.end()
    throw error
  }
}

/** Read and send until the end; on return no request is under way. */
async function sendParts(
  begun: MultipartUpload,
  source: Source,
  request: UploadRequest,
): Promise<UploadedPart[]> {
  const { schedule, concurrency, memory, onBody, onPart } = request
  // one failure stops the reading and all other requests
  const stop = new AbortController()
  const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal
  // every request in flight listens, and there may be hundreds
  setMaxListeners(0, signal)
  const closeSource = () => {
    source.close()
  }
  signal.addEventListener('abort', closeSource, { once: true })
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  aborted.catch(() => undefined)

  const pool = new PartPool(memory, concurrency + 1, onBody !== undefined)
  const limit = pLimit(concurrency)
  const sending: Promise<UploadedPart>[] = []
  try {
    let offset = 0
    for (let partNumber = 1; ; partNumber++) {
      const size = partSize(schedule, partNumber)
      const slot = await Promise.race([pool.acquire(size), aborted])
      const hasher = begun.hasher()
      const filled = await Promise.race([
        source.fill(slot.buffer, (chunk) => {
          hasher.update(chunk)
        }),
        aborted,
      ])
      if (filled === 0) break
      if (partNumber > schedule.maxParts) throw tooLarge(schedule)
      const part = {
        partNumber,
        offset,
        body: slot.buffer.subarray(0, filled),
        digest: hasher.digest(),
      }
      const seen = onBody?.(part.body)
      seen?.catch((error: unknown) => {
        stop.abort(error)
      })
      const sent = limit(async () => {
        const uploaded = await begun.uploadPart(part, signal)
        await seen
        slot.release()
        onPart?.(uploaded)
        return uploaded
      })
      sent.catch((error: unknown) => {
        stop.abort(error)
      })
      sending.push(sent)
      offset += filled
      if (filled < size) break
    }
    return await Promise.all(sending)
  } catch (error) {
    stop.abort(error)
    // what the first failure was, not what it did to the others
    throw signal.reason
  } finally {
    await Promise.allSettled(sending)
    signal.removeEventListener('abort', closeSource)
  }
}

function tooLarge(schedule: PartSchedule): Z3Error {
  const { maxParts, doubleEvery, floor } = schedule
  const most = reach(schedule)
  return new Z3Error(
    'stream-too-large',
    `the stream is larger than ${humanSize(most)}, which is all that ${String(maxParts)} parts of this upload can hold`,
    {
      hint:
        doubleEvery === 0
          ? `Give a larger part size: --chunk-size ${formatSize(floor * 2)} holds ${humanSize(most * 2)}; or leave it out, then parts grow with the stream.`
          : 'Give a larger --max-memory, or the real size with --estimated.',
    },
  )
}
