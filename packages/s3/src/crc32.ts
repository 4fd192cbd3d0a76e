/** A CRC-32 in the form of S3: four bytes, big endian, base64. */
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

/** The polynomial of CRC-32 (ISO 3309), without x^32, reflected. */
const POLYNOMIAL = 0xedb88320
/** x^0 in the reflected order: the highest bit is the lowest power. */
const ONE = 0x80000000
/** x^1 */
const X = 0x40000000

/** a times b modulo the polynomial, over GF(2). */
function multiply(a: number, b: number): number {
  let product = 0
  let shifted = b
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL
  }
  return product
}

/** x to the power of 8 times `bytes`, by repeated squaring. */
function powerOfBytes(bytes: number): number {
  let result = ONE
  let square = X
  for (let i = 0; i < 3; i++) square = multiply(square, square)
  // not with shifts: a length may have more than 32 bits
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(square, result)
    square = multiply(square, square)
  }
  return result
}

/**
 * The CRC-32 of A followed by B, from the CRC-32 of each: appending B shifts A's remainder by the
 * bits of B (as zlib's `crc32_combine`). Needs as many steps as the length has bits.
 *
 * @param crcA of the first part, unsigned
 * @param crcB of the second part, unsigned
 * @param lengthB bytes in the second part; up to 2^53 - 1
 * @returns unsigned
 */
export function crc32Combine(crcA: number, crcB: number, lengthB: number): number {
  return (multiply(powerOfBytes(lengthB), crcA) ^ crcB) >>> 0
}
