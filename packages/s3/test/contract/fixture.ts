import { randomBytes } from 'node:crypto'
import { ByteGauge } from '../../src/byte-gauge.js'
import type { ObjectStore } from '../../src/object-store.js'
import type { ObjectInfo } from '../../src/object-info.js'
import type { MultipartUpload, UploadedPart } from '../../src/multipart-upload.js'

/** What a kind of server is known not to do. Everything is done by default. */
export interface ContractOptions {
  /** An underscore in the key of metadata comes back as it was. */
  readonly underscoreInMetadata?: boolean
  /** Keys may have components that are `.` or `..`. */
  readonly dotsInKeys?: boolean
  /** Keys may have empty components: `a//b`, `/a`, `a/`. */
  readonly emptyInKeys?: boolean
  /** `head` tells the CRC-32 of the whole object. */
  readonly wholeCrc32?: boolean
  /** The same of an object that was sent as a single part. */
  readonly onePartCrc32?: boolean
  /** `lastActivity` sees that an upload was completed. */
  readonly completedIsOver?: boolean
  /** One value of metadata may take nearly all of the 2 KiB. */
  readonly longMetadata?: boolean
  /** An upload whose process died can be continued. */
  readonly resumes?: boolean
}

/** What every case of the contract works with. */
export interface Fixture {
  readonly store: ObjectStore
  /** Of all keys of the case. */
  readonly prefix: string
  readonly options: ContractOptions
}

/** Send one part, hashed as the store wants it. */
export async function sendPart(
  upload: MultipartUpload,
  partNumber: number,
  offset: number,
  body: Uint8Array,
  signal?: AbortSignal,
): Promise<UploadedPart> {
  const hasher = upload.hasher()
  const middle = Math.floor(body.length / 2)
  hasher.update(body.subarray(0, middle))
  hasher.update(body.subarray(middle))
  const part = { partNumber, offset, body, digest: hasher.digest() }
  return await upload.uploadPart(part, signal)
}

/** Make an object of one part. */
export async function put(
  store: ObjectStore,
  key: string,
  body: Uint8Array,
  { metadata = {}, overwrite = false } = {},
): Promise<ObjectInfo> {
  const upload = await store.createUpload(key, { metadata, overwrite })
  try {
    return await upload.complete([await sendPart(upload, 1, 0, body)])
  } catch (error) {
    await upload.abort()
    throw error
  }
}

/** Read `length` bytes from `offset`. */
export async function read(
  store: ObjectStore,
  { key, etag, size }: { key: string; etag: string; size: number },
  offset: number,
  length: number,
): Promise<Buffer> {
  // not zeros: a read that fills nothing must not pass for one
  const into = randomBytes(length)
  const gauge = new ByteGauge()
  await store.read(key, { offset, into, etag, size, gauge })
  if (gauge.bytes !== length) throw new Error(`the gauge counted ${String(gauge.bytes)} bytes`)
  return into
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The keys under a prefix, in the order of the listing. */
export async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await collect(store.list(prefix))).map(({ key }) => key)
}
