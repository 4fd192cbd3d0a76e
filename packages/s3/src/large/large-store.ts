import { createHash, randomBytes } from 'node:crypto'
import {
  continuationKey,
  formatObjectLimit,
  joinArchiveStates,
  MOST_CONTINUATIONS,
  OBJECT_LIMIT,
  parseObjectLimit,
  reach,
  Z3Error,
  type PartLimits,
} from '@z3/core'
import { crc32Combine } from '../crc32.js'
import type {
  Deletion,
  ObjectStore,
  ObjectVersions,
  ReadOptions,
  ThawRequest,
} from '../object-store.js'
import type {
  DamagedObject,
  ObjectInfo,
  ObjectParts,
  ObjectSummary,
  PendingUpload,
} from '../object-info.js'
import type { MultipartUpload, UploadOptions } from '../multipart-upload.js'
import { objectChanged, rangeOf } from './pieces.js'
import { fitsMetadata } from '../s3/upload-metadata.js'
import { joinListing } from './join-listing.js'
import { checkFree, LargeUpload, leftBehind } from './large-upload.js'

/** Every member, optional ones too: one that is not passed on would be lost without notice. */
type Whole<T> = { [K in keyof Required<T>]: T[K] }

/** What the ETag of several objects begins with; none of a server does. */
const JOINED = '"z3-'

/**
 * A store in which a stream may exceed one object (docs/format.md, Large objects): KEY and its
 * continuations are read, listed and deleted as one object.
 */
export class LargeObjectStore implements Whole<ObjectStore> {
  readonly title: string
  readonly limits: PartLimits
  readonly versions: ObjectVersions | undefined
  readonly asOf: Date | undefined
  readonly #store: ObjectStore
  /** The objects of a large one, as last seen. */
  readonly #seen = new Map<string, ObjectInfo>()

  /** @param maxObject bytes; undefined: the limit of the store */
  constructor(store: ObjectStore, maxObject?: number) {
    this.#store = store
    this.title = store.title
    this.limits = maxObject === undefined ? store.limits : { ...store.limits, maxObject }
    const { versions, asOf } = store
    this.asOf = asOf
    this.versions = versions && {
      ...versions,
      head: async (key, version, signal) =>
        checkWhole(strip(await versions.head(key, version, signal))),
    }
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo> {
    const found = await this.#store.head(key, signal)
    const first = strip(found)
    const { objectLimit: span } = first
    if (!span || span.number > 0 || found.size !== span.limit) return first
    const pieces = [first]
    let isLast = false
    while (!isLast && pieces.length <= MOST_CONTINUATIONS) {
      const number = pieces.length
      const next = strip(await this.#headContinuation(first, number, signal))
      const { objectLimit: its } = next
      const belongs = its?.stream === span.stream && its.limit === span.limit
      if (!belongs || its.number !== number || next.size > span.limit) {
        throw damaged(this, key, `'${next.key}' does not belong to it`)
      }
      pieces.push(next)
      isLast = next.size < span.limit
    }
    const whole = join(first, pieces)
    this.#seen.set(key, whole)
    return whole
  }

  async #headContinuation(
    first: ObjectInfo,
    number: number,
    signal: AbortSignal | undefined,
  ): Promise<ObjectInfo> {
    const key = continuationKey(first.key, number)
    try {
      return await this.#store.head(key, signal)
    } catch (error) {
      if (!(error instanceof Z3Error) || error.code !== 'no-such-key') throw error
      // whoever deletes both, deletes the first one first
      await this.#store.head(first.key, signal)
      throw damaged(this, first.key, `'${key}' does not exist`)
    }
  }

  get bucket(): string | undefined {
    return this.#store.bucket
  }

  get listsLate(): boolean | undefined {
    return this.#store.listsLate
  }

  exists(key: string, signal?: AbortSignal): Promise<boolean> {
    return this.#store.exists(key, signal)
  }

  parts(info: ObjectInfo, signal?: AbortSignal): Promise<ObjectParts | undefined> {
    return this.#store.parts?.(info, signal) ?? Promise.resolve(undefined)
  }

  list(
    prefix: string,
    signal?: AbortSignal,
    after?: string,
  ): AsyncIterable<ObjectSummary | DamagedObject> {
    const listed = this.#store.list(prefix, signal, after)
    return joinListing(listed, (key) => this.head(key, signal))
  }

  async read(key: string, options: ReadOptions): Promise<void> {
    const { etag, size, into, gauge, signal } = options
    if (!etag.startsWith(JOINED)) return this.#store.read(key, options)
    const whole = await this.#wholeOf(key, etag, signal)
    if (whole.size !== size) throw objectChanged(this, key)
    for (const { piece, offset, start, end } of rangeOf(whole, options.offset, into.byteLength)) {
      await this.#store.read(piece.key, {
        offset,
        into: into.subarray(start, end),
        etag: piece.etag,
        size: piece.size,
        gauge,
        signal,
      })
    }
  }

  /** @throws Z3Error `object-changed` */
  async #wholeOf(key: string, etag: string, signal: AbortSignal | undefined): Promise<ObjectInfo> {
    const seen = this.#seen.get(key)
    const whole = seen?.etag === etag ? seen : await this.head(key, signal)
    if (whole.etag !== etag) throw objectChanged(this, key)
    return whole
  }

  get(
    key: string,
    most: number,
    signal?: AbortSignal,
    version?: string,
  ): Promise<Uint8Array | undefined> {
    return this.#store.get(key, most, signal, version)
  }

  put(key: string, body: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#store.put(key, body, signal)
  }

  async createUpload(
    key: string,
    options: UploadOptions,
    signal?: AbortSignal,
  ): Promise<MultipartUpload> {
    const { schedule, metadata, overwrite } = options
    // continuations of the old object would have to be replaced before the new one is complete
    if (overwrite && (await this.#store.exists(continuationKey(key, 1), signal))) {
      throw leftBehind(this, continuationKey(key, 1))
    }
    if (!schedule) return this.#store.createUpload(key, options, signal)
    const { maxObject = Infinity } = this.limits
    const limit = Math.min(maxObject, reach(schedule))
    // continuations of an earlier run are not continued, and left to z3 cleanup
    const stream = options.earlier?.stream ?? randomBytes(12).toString('hex')
    const withLimit = (number: number): Readonly<Record<string, string>> => ({
      ...(number === 0 ? metadata : {}),
      [OBJECT_LIMIT]: formatObjectLimit({ limit, stream, number }),
    })
    if (!fitsMetadata(withLimit(0))) return this.#store.createUpload(key, options, signal)
    const first = await this.#store.createUpload(
      key,
      { ...options, metadata: withLimit(0) },
      signal,
    )
    return new LargeUpload({
      store: this.#store,
      stream,
      first,
      schedule,
      limit,
      head: (one, bounds) => this.head(one, bounds),
      strip,
      open: async (number, bounds) => {
        await checkFree(this.#store, key, number, overwrite, bounds)
        const more = {
          ...options,
          ...{ metadata: withLimit(number), overwrite: false, earlier: undefined },
        }
        return this.#store.createUpload(continuationKey(key, number), more, bounds)
      },
    })
  }

  listUploads(prefix: string, signal?: AbortSignal): AsyncIterable<PendingUpload> {
    return this.#store.listUploads(prefix, signal)
  }

  lastActivity(upload: PendingUpload, signal?: AbortSignal): Promise<Date | undefined> {
    return this.#store.lastActivity(upload, signal)
  }

  now(): Date {
    return this.#store.now()
  }

  abortUpload(upload: PendingUpload, signal?: AbortSignal): Promise<void> {
    return this.#store.abortUpload(upload, signal)
  }

  async delete(
    key: string,
    signal?: AbortSignal,
    etag?: string,
    version?: string,
  ): Promise<Deletion> {
    if (!etag?.startsWith(JOINED)) return this.#store.delete(key, signal, etag, version)
    const { pieces = [] } = await this.#wholeOf(key, etag, signal)
    // the first object is the commit: without it, the others are leftovers
    const results: Deletion[] = []
    for (const piece of pieces) {
      const condition = piece.etag === '' ? undefined : piece.etag
      const its = version === undefined ? undefined : piece.versionId
      results.push(await this.#store.delete(piece.key, signal, condition, its))
    }
    this.#seen.delete(key)
    return results.includes('hidden') ? 'hidden' : 'deleted'
  }

  /** One object: each of those that hold a large one is thawed by its own key. */
  get thaw(): ObjectStore['thaw'] {
    const store = this.#store
    if (!store.thaw) return undefined
    return async (key: string, request: ThawRequest, signal?: AbortSignal) =>
      store.thaw?.(key, request, signal)
  }

  close(): void {
    this.#store.close()
  }
}

/** Without the metadata that this store adds. */
function strip(info: ObjectInfo): ObjectInfo {
  const { [OBJECT_LIMIT]: limit, ...metadata } = info.metadata
  const objectLimit = parseObjectLimit(limit)
  return { ...info, metadata, ...(objectLimit && { objectLimit }) }
}

/**
 * Check that a version is not the first object of several: which versions of the others belong to
 * it is known for a time only.
 *
 * @throws Z3Error `usage`
 */
function checkWhole(info: ObjectInfo): ObjectInfo {
  const { objectLimit: span, key, size } = info
  if (span?.number !== 0 || size !== span.limit) return info
  throw new Z3Error(
    'usage',
    `one version of '${key}' is incomplete: it continues in further objects`,
    {
      hint: 'Use --as-of with a time instead of a version id.',
    },
  )
}

function join(first: ObjectInfo, pieces: readonly ObjectInfo[]): ObjectInfo {
  const etags = pieces.map(({ etag }) => etag).join(' ')
  const hash = createHash('sha256').update(etags).digest('hex').slice(0, 32)
  return {
    ...first,
    partSizes: undefined,
    size: pieces.reduce((sum, { size }) => sum + size, 0),
    etag: `${JOINED}${hash}-${String(pieces.length)}"`,
    crc32: pieces.every(({ crc32 }) => crc32 !== undefined)
      ? pieces.reduce((crc, piece) => crc32Combine(crc, piece.crc32 ?? 0, piece.size), 0)
      : undefined,
    etagKind: pieces.every(({ etagKind = 'other' }) => etagKind !== 'other') ? 'unknown' : 'other',
    // all of it or nothing is deleted
    lockedUntil: latest(pieces.flatMap(({ lockedUntil }) => lockedUntil ?? [])),
    legalHold: pieces.some(({ legalHold }) => legalHold),
    archive: joinArchiveStates(pieces.map(({ archive }) => archive)),
    pieces,
  }
}

function latest(dates: readonly Date[]): Date | undefined {
  return dates.toSorted((a, b) => a.getTime() - b.getTime()).at(-1)
}

function damaged({ title }: ObjectStore, key: string, why: string): Z3Error {
  return new Z3Error(
    'size-mismatch',
    `'${key}' continues in further objects, but ${why} (${title})`,
    {
      hint: 'The stream is not complete: restore from another backup.',
    },
  )
}
