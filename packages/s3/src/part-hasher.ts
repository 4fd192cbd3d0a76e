import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { PartDigest, PartHasher } from './object-store.js'

/** Computes the hashes that a server needs while the data of a part is in the CPU cache. */
export function partHasher(wants: {
  readonly crc32: boolean
  readonly sha256: boolean
}): PartHasher {
  const sha256 = wants.sha256 ? createHash('sha256') : undefined
  let crc = 0
  return {
    update(chunk: Uint8Array): void {
      sha256?.update(chunk)
      if (wants.crc32) crc = crc32(chunk, crc)
    },
    digest(): PartDigest {
      return {
        ...(wants.crc32 ? { crc32: crc } : {}),
        ...(sha256 ? { sha256: sha256.digest('hex') } : {}),
      }
    },
  }
}
