/** A CRC-32 as S3 writes it: four bytes, big endian, in base64. */
export function crc32ToBase64(crc: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc >>> 0)
  return bytes.toString('base64')
}

/** @returns undefined for anything but four bytes in base64 */
export function crc32FromBase64(text: string | undefined): number | undefined {
  const bytes = Buffer.from(text ?? '', 'base64')
  return bytes.length === 4 ? bytes.readUInt32BE() : undefined
}
