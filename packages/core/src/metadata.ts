import { Z3Error } from './errors.js'

/** User metadata of an object; keys without `x-amz-meta-`. */
export type Metadata = Readonly<Record<string, string>>

/**
 * Maximum bytes of user metadata. AWS, "Working with object metadata": "the sum of the number of
 * bytes in the UTF-8 encoding of each key and value".
 */
const MAX_BYTES = 2048
/** A token of RFC 9110, 5.6.2, without the upper-case letters. */
const KEY = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** Printable ASCII. Nothing else passes through HTTP and proxies unchanged. */
const VALUE = /^[ -~]*$/

/**
 * Read user metadata as pput takes it: each item is `key=value`, and the value may contain `=`.
 *
 * @throws Z3Error `invalid-metadata`
 */
export function parseMetadata(items: readonly string[]): Metadata {
  const entries = items.map((item) => {
    const at = item.indexOf('=')
    if (at < 1) {
      // the message of z3's pput
      throw invalid(`malformed metadata '${item}'; should be key=value`)
    }
    return [item.slice(0, at), item.slice(at + 1)] as const
  })
  const seen = new Set<string>()
  for (const [key] of entries) {
    if (seen.has(key)) {
      throw invalid(`metadata key '${key}' is given twice`, 'Give each key once.')
    }
    seen.add(key)
  }
  const metadata = Object.fromEntries(entries)
  checkMetadata(metadata)
  return metadata
}

/**
 * Check that a store will keep user metadata unchanged: keys that HTTP and S3 accept and do not
 * convert, values that they do not trim, and at most as many bytes as AWS allows.
 *
 * @throws Z3Error `invalid-metadata`
 */
export function checkMetadata(metadata: Metadata): void {
  let bytes = 0
  for (const [key, value] of Object.entries(metadata)) {
    checkKey(key)
    checkValue(key, value)
    // both are ASCII here
    bytes += key.length + value.length
  }
  if (bytes > MAX_BYTES) {
    throw invalid(
      `metadata has ${String(bytes)} bytes, more than ${String(MAX_BYTES)}`,
      'S3 counts keys and values: shorten or omit some.',
    )
  }
}

function checkKey(key: string): void {
  if (KEY.test(key)) return
  const lower = key.toLowerCase()
  if (KEY.test(lower)) {
    throw invalid(
      `metadata key '${key}' has upper-case letters`,
      `S3 would change them: write '${lower}'.`,
    )
  }
  throw invalid(
    `metadata key ${JSON.stringify(key)} is not allowed in HTTP`,
    'Use lower-case letters, digits and hyphens.',
  )
}

function checkValue(key: string, value: string): void {
  if (!VALUE.test(value)) {
    throw invalid(
      `the value of metadata '${key}' is not printable ASCII`,
      'Encode it, for example in base64.',
    )
  }
  if (value !== value.trim()) {
    throw invalid(
      `the value of metadata '${key}' begins or ends with a space`,
      'Remove the space: HTTP would trim it.',
    )
  }
}

function invalid(message: string, hint?: string): Z3Error {
  return new Z3Error('invalid-metadata', message, { hint })
}
