import { setMaxListeners } from 'node:events'
import pLimit from 'p-limit'
import { formatSize, humanSize, partSize, reach, Z3Error, type PartSchedule } from '@z3/core'
import type { ObjectStore } from '../object-store.js'
import type { ObjectInfo } from '../object-info.js'
import type {
  MultipartUpload,
  UploadedPart,
  UploadOptions,
  UploadRecord,
} from '../multipart-upload.js'
import { grace, systemClock } from '../clock.js'
import { mayStand, objectExists } from '../upload-errors.js'
import { PartPool } from './part-pool.js'
import { PartsInFlight } from './parts-in-flight.js'
import type { Source } from './source.js'

/** Remembers an upload, so that a later run can continue it. */
export interface UploadJournal {
  /** What a run that died has left; undefined: nothing. */
  readonly earlier: UploadRecord | undefined
  save(record: UploadRecord): Promise<void>
  clear(): Promise<void>
}

export interface UploadRequest extends Omit<UploadOptions, 'earlier'> {
  readonly key: string
  readonly schedule: PartSchedule
  /** Maximum number of parallel parts. */
  readonly concurrency: number
  /** Maximum bytes of buffers; also limits the part size. */
  readonly memory: number
  /**
   * Called when the source has ended and all parts are sent. The upload is completed only if this
   * resolves (docs/architecture.md, the commit rule).
   */
  readonly commit: () => Promise<void>
  /** Undefined: an upload is never continued. */
  readonly journal?: UploadJournal | undefined
  readonly signal?: AbortSignal | undefined
  /**
   * Receives each part in order, in shared memory. The memory is not reused, nor the upload
   * completed, before it resolves.
   */
  readonly onBody?: ((body: Uint8Array) => Promise<void>) | undefined
  /** Called for each part that the store has acknowledged. */
  readonly onPart?: ((part: UploadedPart) => void) | undefined
  /** Called if aborting failed, so a pending upload may remain. */
  readonly onAbortFailed?: ((error: unknown) => void) | undefined
}

export interface UploadResult {
  readonly info: ObjectInfo
  readonly parts: number
  /** Bytes of parts that an earlier run had sent. */
  readonly reused: number
}

/** Time limit for the cleanup of a failed upload, milliseconds. */
const ABORT_PATIENCE = 30_000

/** Time limit after a signal, before systemd kills the process, milliseconds. */
const ABORT_GRACE = 4_000

/**
 * Upload a stream in parts. On return, the object exists and has been checked. On every throw, the
 * upload has been aborted, except for `checksum-missing`, `completed-unchecked`,
 * `completion-unknown` and `not-locked`.
 *
 * @param openSource called after Create has succeeded, so that a wrong bucket is reported before
 *   anything is read
 * @throws Z3Error `empty-input`, `stream-too-large`, errors of `commit` and the store; the signal's
 *   reason when aborted
 */
export async function upload(
  store: ObjectStore,
  openSource: () => Source,
  request: UploadRequest,
): Promise<UploadResult> {
  const { key, metadata, storageClass, schedule, overwrite, onNote, signal } = request
  if (!overwrite && (await store.exists(key, signal))) throw objectExists(store, key)
  signal?.throwIfAborted()
  const { journal } = request
  const { earlier } = journal ?? {}
  const options = { metadata, storageClass, schedule, overwrite, onNote, earlier }
  const begun = await store.createUpload(key, options, signal)
  try {
    const parts = await sendParts(begun, openSource(), request)
    if (parts.length === 0) {
      throw new Z3Error('empty-input', "Can't upload zero bytes!", {
        hint: 'The program that writes the stream failed or wrote nothing.',
      })
    }
    await request.commit()
    signal?.throwIfAborted()
    const info = await begun.complete(parts, signal)
    await journal?.clear()
    const reused = parts.reduce((sum, { size, isReused }) => sum + (isReused ? size : 0), 0)
    return { info, parts: parts.length, reused }
  } catch (error) {
    // Complete may still be in progress, and an abort would delete its parts
    if (mayStand(error)) throw error
    // not AbortSignal.timeout: Node 20 may collect one that only AbortSignal.any refers to
    const patience = grace(AbortSignal.abort(), ABORT_PATIENCE, systemClock)
    const asked = grace(signal, ABORT_GRACE, systemClock)
    const bounds = AbortSignal.any([patience.signal, asked.signal])
    await begun.abort(bounds).then(
      () => journal?.clear(),
      (failure: unknown) => {
        request.onAbortFailed?.(failure)
      },
    )
    asked.end()
    patience.end()
    throw error
  }
}

/** Read and send to the end; on return, no request is in flight. */
async function sendParts(
  begun: MultipartUpload,
  source: Source,
  request: UploadRequest,
): Promise<UploadedPart[]> {
  const { schedule, concurrency, memory, onBody, onPart } = request
  // the first failure stops reading and all other requests
  const stop = new AbortController()
  const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal
  // every request in flight adds a listener, up to hundreds
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

  const pool = new PartPool(memory, concurrency + 1)
  const limit = pLimit(concurrency)
  const inFlight = new PartsInFlight(limit)
  const onOverload = () => {
    inFlight.refused()
  }
  const sending: Promise<UploadedPart>[] = []
  try {
    let offset = 0
    for (let partNumber = 1; ; partNumber++) {
      const size = (await begun.nextSize?.(signal)) ?? partSize(schedule, partNumber)
      const slot = await Promise.race([pool.acquire(size), aborted])
      const hasher = begun.hasher()
      const filled = await Promise.race([
        source.fill(slot.buffer, (chunk) => {
          hasher.update(chunk)
        }),
        aborted,
      ])
      if (filled === 0) break
      // a stream of one part is sent again as fast
      if (partNumber === 2 && begun.record) await request.journal?.save(begun.record)
      if (!begun.nextSize && partNumber > schedule.maxParts) throw tooLarge(schedule)
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
        const uploaded = await begun.uploadPart(part, signal, onOverload)
        inFlight.sent()
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
    // the first failure, not its consequences
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
    `the stream exceeds ${humanSize(most)}, the limit for ${String(maxParts)} parts of this size`,
    {
      hint:
        doubleEvery === 0
          ? `Use --chunk-size ${formatSize(floor * 2)} or larger (it allows ${humanSize(most * 2)}), or omit it so that parts grow with the stream.`
          : 'Increase --max-memory, or set --estimated to the real size.',
    },
  )
}
