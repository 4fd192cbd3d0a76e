import { setMaxListeners } from 'node:events'
import { GIB, MIB, partSchedule, partSize, Z3Error, type PartSchedule } from '@z3/core'
import pLimit from 'p-limit'
import { rangeOf } from '../large/pieces.js'
import type { ObjectStore } from '../object-store.js'
import type { ObjectInfo } from '../object-info.js'
import type { MultipartUpload, UploadedPart } from '../multipart-upload.js'
import { equalParts } from '../s3/upload-metadata.js'
import { mayStand, objectExists } from '../upload-errors.js'
import { ObjectDigest, type ObjectDigests } from './digest-thread.js'
import type { Verdict } from './download-check.js'
import { download } from './download.js'
import { MAX_BUFFER } from './part-pool.js'
import { RelaySource } from './relay-source.js'
import { upload } from './upload.js'

export interface CopyRequest {
  readonly from: ObjectStore
  readonly to: ObjectStore
  /** The object, from `head`; its ETag pins every read. */
  readonly info: ObjectInfo
  /** At the destination, where it must not exist. */
  readonly key: string
  /** Both stores have the same server and key, so that the server can copy. */
  readonly isSameServer: boolean
  /** Maximum number of parallel parts. */
  readonly concurrency: number
  /** Maximum bytes of buffers. */
  readonly memory: number
  /** Of the data, from the manifest. */
  readonly known?: { readonly sha256: string; readonly crc32: number } | undefined
  readonly onNote: (line: string) => void
  readonly signal: AbortSignal
}

/** A copied object. */
export interface CopiedObject {
  readonly info: ObjectInfo
  readonly way: 'server' | 'streamed'
  /** What the data, or the copy, was compared with. */
  readonly verdict: Verdict
  /** Of a streamed object. */
  readonly digests: ObjectDigests | undefined
  /** The parts have the sizes of the source's. */
  readonly hasSameParts: boolean
}

/** Bytes of a range. */
const RANGE = 8 * MIB

/** How long a failed copy may take to abort, milliseconds. */
const ABORT_PATIENCE = 30_000

/**
 * Copy an object with its metadata: by the server if it holds both, else through this host. It
 * becomes visible only after all of its data has been read and compared.
 *
 * @throws Z3Error `object-exists`, `object-changed`, `checksum-mismatch` and others of `download`
 *   and `upload`
 */
export async function copyObject(request: CopyRequest): Promise<CopiedObject> {
  const { from, to, isSameServer, onNote, info } = request
  if (isSameServer && from.bucket !== undefined && to.bucket !== undefined && info.size > 0) {
    try {
      return await copyOnServer(request, from.bucket)
    } catch (error) {
      if (!(error instanceof Z3Error) || error.code !== 'not-implemented') throw error
      onNote(`the server cannot copy '${info.key}': ${error.message}`)
    }
  }
  return copyThroughHost(request)
}

async function copyThroughHost(request: CopyRequest): Promise<CopiedObject> {
  const { from, to, info, key, concurrency, known, onNote, signal } = request
  const memory = Math.floor(request.memory / 2)
  const relay = new RelaySource(info.size)
  const digest = new ObjectDigest()
  let downloaded: Promise<Verdict> | undefined
  let digests: ObjectDigests | undefined
  const start = (): RelaySource => {
    downloaded = download(from, {
      info,
      chunkSize: RANGE,
      concurrency,
      memory,
      crc32: known?.crc32,
      write: (bytes) => relay.write(bytes),
      signal,
    })
    downloaded.then(
      () => {
        relay.end()
      },
      (error: unknown) => {
        relay.end(error instanceof Error ? error : new Error(String(error)))
      },
    )
    return relay
  }
  try {
    const { info: copied } = await upload(to, start, {
      key,
      metadata: info.metadata,
      schedule: scheduleFor(info, to, Math.min(memory, MAX_BUFFER)),
      concurrency,
      memory,
      overwrite: false,
      onBody: (body) => digest.update(body),
      commit: async () => {
        await downloaded
        digests = await digest.end()
        if (known && digests.sha256 !== known.sha256) throw differs(from, info, 'the manifest')
      },
      onNote,
      onAbortFailed: (error) => {
        onNote(`the upload of '${key}' may still be pending: ${String(error)}`)
      },
      signal,
    })
    const read: Verdict = (await downloaded) ?? { kind: 'unchecked', why: 'nothing was read' }
    const verdict: Verdict = known ? { kind: 'same', by: 'CRC-32 in the manifest' } : read
    return { info: copied, way: 'streamed', verdict, digests, hasSameParts: false }
  } finally {
    relay.close()
    digest.close()
    await downloaded?.catch(() => undefined)
  }
}

/** @throws Z3Error `usage` */
function scheduleFor({ size }: ObjectInfo, to: ObjectStore, memory: number): PartSchedule {
  const schedule = partSchedule({ estimated: size }, to.limits, memory)
  if (partSize(schedule, 1) <= memory) return schedule
  throw new Z3Error(
    'usage',
    `the parts of an object of ${String(size)} bytes do not fit into memory`,
    {
      hint: 'Increase --max-memory.',
    },
  )
}

async function copyOnServer(request: CopyRequest, bucket: string): Promise<CopiedObject> {
  const { from, to, info, key, concurrency, onNote, signal: asked } = request
  if (await to.exists(key, asked)) throw objectExists(to, key)
  const own = await ownSchedule(from, info, asked)
  const schedule = own ?? partSchedule({ estimated: info.size }, to.limits, GIB)
  const options = { metadata: info.metadata, schedule, overwrite: false, isCopied: true, onNote }
  const begun = await to.createUpload(key, options, asked)
  const stop = new AbortController()
  const signal = AbortSignal.any([asked, stop.signal])
  setMaxListeners(0, signal)
  const limit = pLimit(concurrency)
  const copying: Promise<UploadedPart>[] = []
  try {
    for (let partNumber = 1, offset = 0; offset < info.size; partNumber++) {
      const next = (await begun.nextSize?.(signal)) ?? partSize(schedule, partNumber)
      const size = Math.min(next, info.size - offset)
      const part = { partNumber, offset, size }
      const copied = limit(() => copyPart(begun, part, { bucket, info }, signal))
      copied.catch((error: unknown) => {
        stop.abort(error)
      })
      copying.push(copied)
      offset += size
      signal.throwIfAborted()
    }
    const copied = await begun.complete(await Promise.all(copying), asked)
    const verdict = compare(info, copied, own !== undefined)
    if (verdict === undefined) {
      await to.delete(key, asked, copied.etag === '' ? undefined : copied.etag)
      throw differs(to, copied, 'its source')
    }
    const hasSameParts = own !== undefined && !copied.pieces && !info.pieces
    return { info: copied, way: 'server', verdict, digests: undefined, hasSameParts }
  } catch (failure) {
    const error: unknown = stop.signal.aborted && !asked.aborted ? stop.signal.reason : failure
    stop.abort(error)
    await Promise.allSettled(copying)
    if (!mayStand(error)) {
      await begun.abort(AbortSignal.timeout(ABORT_PATIENCE)).catch((left: unknown) => {
        onNote(`the upload of '${key}' may still be pending: ${String(left)}`)
      })
    }
    throw error
  }
}

/** The parts that the object was uploaded in: with the same, the copy has the same ETag. */
async function ownSchedule(
  from: ObjectStore,
  info: ObjectInfo,
  signal: AbortSignal,
): Promise<PartSchedule | undefined> {
  const { partSizes, pieces } = info
  if (pieces) return pieces[0]?.partSizes
  if (partSizes) return partSizes
  const { sizes = [] } = (await from.parts?.(info, signal)) ?? {}
  const [first] = sizes
  return first !== undefined && sizes.slice(0, -1).every((size) => size === first)
    ? equalParts(first)
    : undefined
}

async function copyPart(
  begun: MultipartUpload,
  { partNumber, offset, size }: { partNumber: number; offset: number; size: number },
  { bucket, info }: { bucket: string; info: ObjectInfo },
  signal: AbortSignal,
): Promise<UploadedPart> {
  const ranges = rangeOf({ ...info, pieces: info.pieces ?? [info] }, offset, size)
  const [range, ...more] = ranges
  // a part can only be copied from one object
  if (!range || more.length > 0 || !begun.copyPart) {
    throw new Z3Error('not-implemented', `part ${String(partNumber)} is not in one object`)
  }
  const from = { bucket, object: range.piece, offset: range.offset, size }
  return begun.copyPart({ partNumber, offset }, from, signal)
}

/** @returns undefined: the copy differs from its source */
function compare(info: ObjectInfo, copied: ObjectInfo, sameParts: boolean): Verdict | undefined {
  if (info.size !== copied.size) return undefined
  if (info.crc32 !== undefined && copied.crc32 !== undefined) {
    return info.crc32 === copied.crc32 ? { kind: 'same', by: 'CRC-32' } : undefined
  }
  if (info.etag === copied.etag) return { kind: 'same', by: 'MD5' }
  const isMultipart = /-\d+"$/.test(info.etag)
  const areMd5s = info.etagKind === 'md5' && copied.etagKind === 'md5'
  if (sameParts && areMd5s && isMultipart) return undefined
  return { kind: 'unchecked', why: 'the server shows no checksum that both have' }
}

function differs({ title }: ObjectStore, { key }: ObjectInfo, from: string): Z3Error {
  return new Z3Error('checksum-mismatch', `the data of '${key}' differs from ${from} (${title})`, {
    hint: 'Retry; if it fails again, verify the source with z3 verify.',
  })
}
