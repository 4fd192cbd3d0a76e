import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { HashKind, PartDigest, PartHasher } from './multipart-upload.js'

/** Computes hashes of a part while its data is in the CPU cache. */
export function partHasher(kinds: readonly HashKind[]): PartHasher {
  const sha256 = kinds.includes('sha256') ? createHash('sha256') : undefined
  const md5 = kinds.includes('md5') ? createHash('md5') : undefined
  const wantsCrc32 = kinds.includes('crc32')
  let crc = 0
  return {
    update(chunk: Uint8Array): void {
      sha256?.update(chunk)
      md5?.update(chunk)
      if (wantsCrc32) crc = crc32(chunk, crc)
    },
    digest(): PartDigest {
      return {
        ...(wantsCrc32 ? { crc32: crc } : {}),
        ...(sha256 ? { sha256: sha256.digest('hex') } : {}),
        ...(md5 ? { md5: md5.digest('base64') } : {}),
      }
    },
  }
}

/** Hashes of a part that was already read. */
export function hashPart(body: Uint8Array, kinds: readonly HashKind[]): PartDigest {
  const hasher = partHasher(kinds)
  hasher.update(body)
  return hasher.digest()
}
