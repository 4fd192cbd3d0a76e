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
}

/**
 * Compare what stands at a key with what was sent.
 *
 * @param checksum the server has checked the CRC-32 of the whole: then the ETag
 *   need not be an MD5 of MD5s (with SSE-KMS it is not)
 * @returns in words how they differ, undefined if they do not
 */
export function mismatch(
  info: ObjectInfo,
  sent: SentObject,
  checksum: boolean,
): string | undefined {
  if (info.size !== sent.size) {
    return `holds ${String(info.size)} bytes, ${String(sent.size)} were sent`
  }
  if (info.crc32 !== undefined && sent.crc32 !== undefined) {
    if (info.crc32 === sent.crc32) return undefined
    return `has the CRC-32 ${crc32ToBase64(info.crc32)}, ${crc32ToBase64(sent.crc32)} was sent`
  }
  const comparable =
    !checksum && isMultipartEtag(info.etag) && isMultipartEtag(sent.etag)
  return comparable && info.etag !== sent.etag
    ? `has the ETag ${info.etag}, ${sent.etag} was sent`
    : undefined
}

/** MD5 of MD5s: what AWS and most of its clones give. */
function isMultipartEtag(etag: string): boolean {
  return /^"[0-9a-f]{32}-\d+"$/.test(etag)
}
