import { crc32ToBase64 } from './crc32-base64.js'
import type { ObjectInfo } from './object-store.js'

/** What an upload has sent, as far as it can be compared. */
export interface SentObject {
  /** Bytes. */
  readonly size: number
  /** What the parts' ETags make; '' where they are no MD5s. */
  readonly etag: string
  /** CRC-32 of the whole, where the server keeps one. */
  readonly crc32: number | undefined
  /** Of the metadata; undefined where there was no room for it. */
  readonly nonce: string | undefined
}

/**
 * Compare what stands at a key with what was sent. The ETag does not count:
 * every part was signed or checksummed on its way, and servers that have
 * another kind of ETag do not say so.
 *
 * @returns in words how they differ, undefined if they do not
 */
export function mismatch(info: ObjectInfo, sent: SentObject): string | undefined {
  if (info.size !== sent.size) {
    return `holds ${String(info.size)} bytes, ${String(sent.size)} were sent`
  }
  if (info.crc32 === undefined || sent.crc32 === undefined) return undefined
  if (info.crc32 === sent.crc32) return undefined
  return `has the CRC-32 ${crc32ToBase64(info.crc32)}, ${crc32ToBase64(sent.crc32)} was sent`
}

/** MD5 of MD5s: what AWS and most of its clones give. */
export function isMultipartEtag(etag: string): boolean {
  return /^"[0-9a-f]{32}-\d+"$/.test(etag)
}
