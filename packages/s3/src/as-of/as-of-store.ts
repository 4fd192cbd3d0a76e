import { Z3Error } from '@z3/core'
import type { ObjectStore, ObjectVersions, ReadOptions, ThawRequest } from '../object-store.js'
import type { ObjectInfo, ObjectParts, ObjectSummary, ObjectVersion } from '../object-info.js'
import { Gaps, isUnkept } from './gaps.js'

/**
 * A store as it was at a time in the past: of each key the version that was the latest then, also
 * if it was replaced or deleted since.
 */
export class AsOfStore implements ObjectStore {
  readonly title: string
  readonly limits: ObjectStore['limits']
  readonly asOf: Date
  readonly #store: ObjectStore
  readonly #versions: ObjectVersions
  readonly #gaps: Gaps
  /** Version ids of the listed keys. */
  readonly #known = new Map<string, string>()

  /** @param onNote told what may be missing */
  constructor(
    store: ObjectStore,
    versions: ObjectVersions,
    time: Date,
    onNote: (line: string) => void,
  ) {
    this.title = store.title
    this.limits = store.limits
    this.asOf = time
    this.#store = store
    this.#versions = versions
    this.#gaps = new Gaps(time, onNote)
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo> {
    return this.#versions.head(key, await this.#find(key, signal), signal)
  }

  async exists(key: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#find(key, signal)
      return true
    } catch (error) {
      if (error instanceof Z3Error && error.code === 'no-such-key') return false
      throw error
    }
  }

  parts(info: ObjectInfo, signal?: AbortSignal): Promise<ObjectParts | undefined> {
    return this.#store.parts?.(info, signal) ?? Promise.resolve(undefined)
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectSummary> {
    const then = new Map<string, ObjectVersion>()
    const rewritten = new Set<string>()
    let [oldest, firstKept] = [Infinity, Infinity]
    for await (const version of this.#versions.list(prefix, signal)) {
      const time = version.modified.getTime()
      oldest = Math.min(oldest, time)
      if (!isUnkept(version)) firstKept = Math.min(firstKept, time)
      if (version.modified > this.asOf) {
        if (isUnkept(version)) rewritten.add(version.key)
        continue
      }
      const known = then.get(version.key)
      if (!known || known.modified < version.modified) then.set(version.key, version)
    }
    this.#gaps.report({ prefix, oldest, firstKept, rewritten: rewritten.size })
    for (const { key, version, object } of then.values()) {
      if (!object) continue
      this.#known.set(key, version)
      yield object
    }
  }

  async read(key: string, options: ReadOptions): Promise<void> {
    const version = options.version ?? (await this.#find(key, options.signal))
    await this.#store.read(key, { ...options, version })
  }

  async get(key: string, most: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#store.get(key, most, signal, await this.#find(key, signal))
  }

  put(): Promise<never> {
    return Promise.reject(this.#readOnly())
  }

  createUpload(): Promise<never> {
    return Promise.reject(this.#readOnly())
  }

  listUploads(): AsyncIterable<never> {
    throw this.#readOnly()
  }

  lastActivity(): Promise<never> {
    return Promise.reject(this.#readOnly())
  }

  abortUpload(): Promise<never> {
    return Promise.reject(this.#readOnly())
  }

  delete(): Promise<never> {
    return Promise.reject(this.#readOnly())
  }

  /** Not a change: the object stays as it is, also in the archive. */
  get thaw(): ObjectStore['thaw'] {
    const store = this.#store
    if (!store.thaw) return undefined
    return async (key: string, request: ThawRequest, signal?: AbortSignal) => {
      const version = request.version ?? (await this.#find(key, signal))
      await store.thaw?.(key, { ...request, version }, signal)
    }
  }

  now(): Date {
    return this.#store.now()
  }

  close(): void {
    this.#store.close()
  }

  /** @throws Z3Error `no-such-key` */
  async #find(key: string, signal: AbortSignal | undefined): Promise<string> {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    // in the order of keys: the key itself is the first that begins with it
    for await (const one of this.#versions.list(key, signal)) {
      if (one.key !== key) break
      if (one.modified > this.asOf) {
        if (isUnkept(one)) this.#gaps.reportRewritten(`'${key}' was`)
        continue
      }
      if (!one.object) break
      this.#known.set(key, one.version)
      return one.version
    }
    throw new Z3Error(
      'no-such-key',
      `there was no object '${key}' at ${this.asOf.toISOString()} (${this.title})`,
      { hint: 'Check the key and the time.' },
    )
  }

  #readOnly(): Z3Error {
    return new Z3Error('usage', `the state of ${this.asOf.toISOString()} cannot be changed`, {
      hint: 'Omit --as-of.',
    })
  }
}
