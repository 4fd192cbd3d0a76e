import { crc32 } from 'node:zlib'
import { MIB, Z3Error } from '@z3/core'
import { EtagDigest, partsOfEtag } from '../etag.js'
import { DigestThread } from './digest-thread.js'
import type { ObjectStore } from '../object-store.js'
import type { ObjectInfo } from '../object-info.js'

/** Above this size, the MD5 takes longer than starting a thread for it, bytes. */
const THREAD_FROM = 16 * MIB

/** The result of comparing downloaded data with the store's checksum. */
export type Verdict =
  | { readonly kind: 'same'; readonly by: 'CRC-32' | 'MD5' | 'CRC-32 in the manifest' }
  | { readonly kind: 'unchecked'; readonly why: string }
  /** The MD5 differs from the ETag, which may not be an MD5. */
  | { readonly kind: 'doubt'; readonly why: string }

const BY_MANIFEST = 'CRC-32 in the manifest'

/** Compares the data of one download while it passes. */
export interface DownloadCheck {
  /** The next bytes; must not change before the promise resolves. */
  update(bytes: Uint8Array): Promise<void> | void
  /** @throws Z3Error `checksum-mismatch` */
  end(): Promise<Verdict>
  close(): void
}

/**
 * Choose the checksum to compare with: the CRC-32 of the object if the store keeps one, since MD5
 * costs seven times as much; else the ETag, if it may be an MD5 and the part sizes are known. A
 * difference is an error only if the ETag is known to be an MD5 (docs/operating.md, How downloads
 * are checked).
 *
 * @param noted the CRC-32 in the object's manifest, used if the store keeps none
 */
export async function chooseCheck(
  store: ObjectStore,
  info: ObjectInfo,
  signal: AbortSignal,
  noted?: number,
): Promise<DownloadCheck> {
  const { crc32: kept, pieces } = info
  if (pieces && (kept !== undefined || noted === undefined)) {
    return checkPieces(store, info, pieces, signal, noted)
  }
  if (kept !== undefined) return crc32Check(store, info, [kept, noted ?? kept], 'CRC-32')
  if (noted !== undefined) return crc32Check(store, info, [noted], 'CRC-32 in the manifest')
  const { etagKind = 'other' } = info
  if (etagKind === 'other') {
    return unchecked('the server stores no CRC-32, and the ETag is not an MD5')
  }
  const multipart = partsOfEtag(info.etag) !== undefined
  const parts = multipart ? await store.parts?.(info, signal) : undefined
  if (multipart && !parts) {
    return unchecked('the server stores no CRC-32, and the part sizes are unknown')
  }
  const thread =
    info.size >= THREAD_FROM ? new DigestThread({ kind: 'etag', sizes: parts?.sizes }) : undefined
  const digest = thread ?? new EtagDigest(parts?.sizes)
  return {
    update: async (bytes) => {
      await digest.update(bytes)
    },
    end: async () => {
      const etag = await digest.end()
      if (etag === info.etag) return { kind: 'same', by: 'MD5' }
      const certain = etagKind === 'md5' && (!parts || (await parts.confirm()))
      if (certain) throw damaged(store, info, 'MD5')
      const doubt = etagKind === 'md5' ? 'its parts' : "this server's ETags"
      return {
        kind: 'doubt',
        why: `the ETag is ${info.etag}, the data yields ${etag}; ${doubt} may be of another kind`,
      }
    },
    close: () => thread?.close(),
  }
}

function crc32Check(
  store: ObjectStore,
  info: ObjectInfo,
  expected: readonly number[],
  by: Extract<Verdict, { kind: 'same' }>['by'],
): DownloadCheck {
  let crc = 0
  return {
    update: (bytes) => {
      crc = crc32(bytes, crc)
    },
    end: () => {
      if (expected[0] !== crc) throw damaged(store, info, by)
      if (expected.some((one) => one !== crc)) throw damaged(store, info, 'CRC-32 in the manifest')
      return Promise.resolve({ kind: 'same', by })
    },
    close: () => undefined,
  }
}

/** Each object of a large one is compared by itself, and all of them with the manifest. */
function checkPieces(
  store: ObjectStore,
  whole: ObjectInfo,
  pieces: readonly ObjectInfo[],
  signal: AbortSignal,
  noted: number | undefined,
): DownloadCheck {
  const all = noted === undefined ? undefined : crc32Check(store, whole, [noted], BY_MANIFEST)
  const verdicts: Verdict[] = []
  let at = 0
  let left = pieces[0]?.size ?? 0
  let current: DownloadCheck | undefined
  const checkOf = async (piece: ObjectInfo) => (current ??= await chooseCheck(store, piece, signal))
  /** End those that have all of their bytes; empty ones, too. */
  const endFinished = async (): Promise<void> => {
    for (let piece = pieces[at]; piece && left === 0; piece = pieces[at]) {
      const check = await checkOf(piece)
      verdicts.push(await check.end())
      check.close()
      current = undefined
      at += 1
      left = pieces[at]?.size ?? 0
    }
  }
  return {
    update: async (bytes) => {
      await all?.update(bytes)
      for (let rest = bytes; rest.byteLength > 0;) {
        await endFinished()
        const piece = pieces[at]
        if (!piece) throw damaged(store, whole, 'CRC-32')
        const next = rest.subarray(0, left)
        await (await checkOf(piece)).update(next)
        left -= next.byteLength
        rest = rest.subarray(next.byteLength)
      }
    },
    end: async () => {
      await endFinished()
      if (at < pieces.length) throw damaged(store, whole, 'CRC-32')
      await all?.end()
      return verdicts.find(({ kind }) => kind !== 'same') ?? { kind: 'same', by: sameBy(verdicts) }
    },
    close: () => current?.close(),
  }
}

function sameBy(verdicts: readonly Verdict[]): Extract<Verdict, { kind: 'same' }>['by'] {
  const [first] = verdicts
  return first?.kind === 'same' ? first.by : 'CRC-32'
}

function unchecked(why: string): DownloadCheck {
  return {
    update: () => undefined,
    end: () => Promise.resolve({ kind: 'unchecked', why }),
    close: () => undefined,
  }
}

function damaged(
  { title }: ObjectStore,
  { key }: ObjectInfo,
  by: Extract<Verdict, { kind: 'same' }>['by'],
): Z3Error {
  const hint =
    by === 'CRC-32 in the manifest'
      ? 'The object was modified after the upload: restore from another one, or verify its stream with z3 verify --manifest no.'
      : 'Retry; if it fails again, the object is damaged: restore from another one.'
  const differs = by === 'CRC-32 in the manifest' ? `: the ${by} differs` : ''
  return new Z3Error(
    'checksum-mismatch',
    `the data of '${key}' differs from what was stored${differs} (${title})`,
    { hint },
  )
}
