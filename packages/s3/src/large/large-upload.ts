import {
  continuationKey,
  humanSize,
  MOST_CONTINUATIONS,
  partSize,
  Z3Error,
  type PartSchedule,
} from '@z3/core'
import type { ObjectStore } from '../object-store.js'
import type { ObjectInfo } from '../object-info.js'
import type {
  CopyRange,
  MultipartUpload,
  Part,
  PartHasher,
  UploadedPart,
  UploadRecord,
} from '../multipart-upload.js'
import { completedUnchecked, mayStand, objectExists } from '../upload-errors.js'

/** What an upload of several objects needs. */
export interface LargeUploadTerms {
  readonly store: ObjectStore
  /** The id of the stream in the metadata. */
  readonly stream: string
  /** The upload of KEY. */
  readonly first: MultipartUpload
  readonly schedule: PartSchedule
  /** Bytes of every object but the last. */
  readonly limit: number
  /** Begin the upload of a continuation. */
  readonly open: (number: number, signal: AbortSignal) => Promise<MultipartUpload>
  /** HEAD of the whole. */
  readonly head: (key: string, signal?: AbortSignal) => Promise<ObjectInfo>
  /** Remove what is not the caller's metadata. */
  readonly strip: (info: ObjectInfo) => ObjectInfo
}

/** A part of the stream as a part of one of its objects. */
interface Place {
  /** Of the object; 0: KEY. */
  readonly object: number
  readonly partNumber: number
  readonly offset: number
}

/**
 * An upload that continues in further objects. All of them stay pending until the end of the
 * stream; then the continuations are completed, and KEY last. KEY is the commit: whoever sees it
 * finds all that it continues in.
 */
export class LargeUpload implements MultipartUpload {
  readonly key: string
  readonly uploadId: string
  readonly record: UploadRecord | undefined
  readonly #terms: LargeUploadTerms
  readonly #uploads: MultipartUpload[]
  /** Of each part, in order. */
  readonly #places: Place[] = []
  /** The number and the offset of the next part in the last object. */
  #next = { partNumber: 1, offset: 0 }
  /** Continuations that exist. */
  readonly #completed: ObjectInfo[] = []

  constructor(terms: LargeUploadTerms) {
    this.#terms = terms
    this.#uploads = [terms.first]
    this.key = terms.first.key
    this.uploadId = terms.first.uploadId
    const { record } = terms.first
    this.record = record && { ...record, stream: terms.stream }
  }

  hasher(): PartHasher {
    return this.#last.hasher()
  }

  async nextSize(signal: AbortSignal): Promise<number> {
    const { schedule, limit } = this.#terms
    if (this.#next.offset === limit) {
      await this.#continue(signal)
      this.#next = { partNumber: 1, offset: 0 }
    }
    const { partNumber, offset } = this.#next
    const size = Math.min(partSize(schedule, partNumber), limit - offset)
    this.#places.push({ object: this.#uploads.length - 1, partNumber, offset })
    this.#next = { partNumber: partNumber + 1, offset: offset + size }
    return size
  }

  async #continue(signal: AbortSignal): Promise<void> {
    const { open, limit } = this.#terms
    const number = this.#uploads.length
    if (number > MOST_CONTINUATIONS) {
      throw new Z3Error(
        'stream-too-large',
        `the stream exceeds ${humanSize(limit * number)}: ${String(number)} objects of ${humanSize(limit)}`,
        { hint: 'Increase --max-memory or MAX_OBJECT, so that each object holds more.' },
      )
    }
    this.#uploads.push(await open(number, signal))
  }

  async uploadPart(
    part: Part,
    signal?: AbortSignal,
    onOverload?: () => void,
  ): Promise<UploadedPart> {
    const { partNumber } = part
    const place = this.#placeOf(partNumber)
    const upload = this.#uploads[place.object] ?? this.#last
    const { offset } = place
    const placed = { ...part, partNumber: place.partNumber, offset }
    const sent = await upload.uploadPart(placed, signal, onOverload)
    return { ...sent, partNumber }
  }

  async copyPart(
    { partNumber }: Pick<Part, 'partNumber'>,
    from: CopyRange,
    signal?: AbortSignal,
  ): Promise<UploadedPart> {
    const place = this.#placeOf(partNumber)
    const upload = this.#uploads[place.object] ?? this.#last
    if (!upload.copyPart) throw new Error('the store cannot copy parts')
    return { ...(await upload.copyPart(place, from, signal)), partNumber }
  }

  async complete(parts: readonly UploadedPart[], signal?: AbortSignal): Promise<ObjectInfo> {
    const { first, strip } = this.#terms
    const partsOf = (object: number): UploadedPart[] =>
      parts.flatMap((part) => {
        const place = this.#placeOf(part.partNumber)
        return place.object === object ? [{ ...part, partNumber: place.partNumber }] : []
      })
    for (const [number, upload] of this.#uploads.entries()) {
      if (number > 0) await this.#completeContinuation(upload, partsOf(number), signal)
    }
    const info = strip(await first.complete(partsOf(0), signal))
    return this.#completed.length === 0 ? info : this.#confirm(info, signal)
  }

  async #completeContinuation(
    upload: MultipartUpload,
    parts: readonly UploadedPart[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      // a stream that ends exactly at the limit
      const sent = parts.length > 0 ? parts : [await uploadNothing(upload, signal)]
      this.#completed.push(await upload.complete(sent, signal))
    } catch (error) {
      if (!mayStand(error)) throw error
      // the stream is not stored, whatever became of this object
      throw new Z3Error(
        'store-rejected',
        `cannot complete '${this.key}': ${error instanceof Error ? error.message : String(error)}`,
        { hint: `'${upload.key}' may remain; z3 cleanup deletes it.`, cause: error },
      )
    }
  }

  /** Others may have replaced a continuation before KEY was completed. */
  async #confirm(first: ObjectInfo, signal: AbortSignal | undefined): Promise<ObjectInfo> {
    const { head } = this.#terms
    const sent = [first, ...this.#completed]
    const size = sent.reduce((sum, one) => sum + one.size, 0)
    try {
      const info = await head(this.key, signal)
      const { pieces = [info] } = info
      const isSent = pieces.every(
        ({ key, etag, nonce }, i) =>
          key === sent[i]?.key && etag === sent[i].etag && nonce === sent[i].nonce,
      )
      if (info.size === size && pieces.length === sent.length && isSent) return info
      throw new Z3Error('object-changed', `an object that '${this.key}' continues in was replaced`)
    } catch (error) {
      throw completedUnchecked(this.key, size, error)
    }
  }

  async abort(signal?: AbortSignal): Promise<void> {
    const { store } = this.#terms
    const completed = new Set(this.#completed.map(({ key }) => key))
    const results = await Promise.allSettled([
      ...this.#uploads.filter(({ key }) => !completed.has(key)).map((one) => one.abort(signal)),
      ...this.#completed.map(({ key, etag }) => store.delete(key, signal, etag || undefined)),
    ])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  get #last(): MultipartUpload {
    return this.#uploads.at(-1) ?? this.#terms.first
  }

  #placeOf(partNumber: number): Place {
    const place = this.#places[partNumber - 1]
    if (!place) throw new Error(`part ${String(partNumber)} has no place`)
    return place
  }
}

/**
 * Check before a continuation is uploaded, and not after, that its key and KEY are free.
 *
 * @throws Z3Error `object-exists`
 */
export async function checkFree(
  store: ObjectStore,
  key: string,
  number: number,
  overwrite: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (!overwrite && (await store.exists(key, signal))) throw objectExists(store, key)
  const next = continuationKey(key, number)
  if (await store.exists(next, signal)) throw leftBehind(store, next)
}

/** The error for a continuation that is in the way. */
export function leftBehind(store: ObjectStore, key: string): Z3Error {
  return new Z3Error('object-exists', `'${key}' already exists in ${store.title}`, {
    hint: 'Delete the object that it continues; z3 cleanup deletes what interrupted uploads left.',
  })
}

async function uploadNothing(
  upload: MultipartUpload,
  signal: AbortSignal | undefined,
): Promise<UploadedPart> {
  const digest = upload.hasher().digest()
  return upload.uploadPart({ partNumber: 1, offset: 0, body: new Uint8Array(0), digest }, signal)
}
