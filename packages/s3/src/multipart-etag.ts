import { createHash } from 'node:crypto'

/**
 * The ETag of an object that was uploaded in parts: the MD5 of the parts' MD5s,
 * then their number (AWS: "Checking object integrity", ETags of multipart
 * uploads). It is computed from the ETags that the server gave for the parts.
 *
 * @param partEtags in the order of the parts, with or without quotes
 * @returns with quotes; '' where a part's ETag is no MD5
 */
export function multipartEtag(partEtags: readonly string[]): string {
  const md5 = createHash('md5')
  for (const etag of partEtags) {
    const hex = etag.replaceAll('"', '')
    if (!/^[0-9a-f]{32}$/i.test(hex)) return ''
    md5.update(hex, 'hex')
  }
  return `"${md5.digest('hex')}-${String(partEtags.length)}"`
}
