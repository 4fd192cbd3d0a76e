/** The part after S3_PREFIX in the keys of all objects that are not backups. */
export const ASIDE = '.z3/'

/** The version of the format that is written here. */
const VERSION = 1

/** Maximum length of a manifest, characters: 100,000 parts need 2.5 million. */
export const MAX_MANIFEST = 4 * 1024 * 1024

/** The fields that are compared with. */
const FACTS: ReadonlySet<string> = new Set([
  ...['version', 'key', 'bytes', 'etag', 'nonce', 'sha256', 'crc32'],
  ...['part_bytes', 'part_crc32', 'stream'],
])

/** Of ten objects of 10,000 parts each. */
const MOST_PARTS = 100_000

/** The summary of a zfs send stream by zstream-verify. */
export interface ManifestStream {
  /** Bytes before compression and encryption. */
  readonly bytes: number
  /** `a:b:c:d`, hexadecimal: the checksum of everything before the last record. */
  readonly fletcher4: string
  /** Decimal. */
  readonly toguid: string
  /** Undefined: a full stream. */
  readonly fromguid: string | undefined
  /** Other fields of the summary. */
  readonly [more: string]: unknown
}

/**
 * Facts about an object that are known only after the upload (docs/format.md). Objects describe
 * themselves without it: a manifest is only compared with.
 */
export interface Manifest {
  /** Of the object. */
  readonly key: string
  readonly bytes: number
  readonly etag: string
  /** `upload-nonce` in the metadata of the object. It identifies the upload. */
  readonly nonce: string | undefined
  /** Of the stored bytes, hexadecimal. */
  readonly sha256: string
  /** Of the stored bytes, unsigned. */
  readonly crc32: number
  /** Bytes and CRC-32 of each part. */
  readonly parts: readonly { readonly bytes: number; readonly crc32: number }[]
  /** Undefined: the stream was not checked. */
  readonly stream: ManifestStream | undefined
  /** Program, time and options, for people. */
  readonly about: Readonly<Record<string, unknown>>
}

/** The key of the manifest of `dataset@snapshot`; the name is that of the object's key. */
export function manifestKey(prefix: string, name: string): string {
  return `${prefix}${ASIDE}${name}.json`
}

/** Numbers of 32 bits are written as eight hexadecimal digits. */
export function formatManifest({ crc32, parts, stream, about, ...object }: Manifest): string {
  const content = {
    version: VERSION,
    ...object,
    crc32: hex32(crc32),
    part_bytes: parts.map(({ bytes }) => bytes),
    part_crc32: parts.map((part) => hex32(part.crc32)),
    stream: stream && { ...stream, fromguid: stream.fromguid ?? null },
    ...about,
  }
  return `${JSON.stringify(content)}\n`
}

/**
 * Read a manifest. Anyone with write access to the bucket may have written it, so every field is
 * validated.
 *
 * @param key of the object
 * @returns a problem, to follow 'the manifest …', if it cannot be used
 */
export function parseManifest(
  text: string,
  key: string,
): { readonly manifest: Manifest } | { readonly problem: string } {
  if (text.length > MAX_MANIFEST) return { problem: 'is too large' }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return { problem: 'is truncated or damaged' }
  }
  if (!isRecord(content)) return { problem: 'is damaged' }
  const { version } = content
  if (typeof version === 'number' && Number.isInteger(version) && version > VERSION) {
    return { problem: `has version ${String(version)}, written by a newer z3` }
  }
  if (version !== VERSION) return { problem: 'is damaged: version' }
  if (content['key'] !== key) return { problem: 'belongs to another object' }
  const problems: string[] = []
  const read = <T>(name: string, parse: (value: unknown) => T | undefined): T | undefined => {
    const value = parse(content[name])
    if (value === undefined) problems.push(name)
    return value
  }
  const bytes = read('bytes', parseBytes)
  const etag = read('etag', parseText)
  const sha256 = read('sha256', (value) => matching(value, /^[0-9a-f]{64}$/))
  const crc32 = read('crc32', parseHex32)
  const parts = readParts(content, bytes)
  if (parts === undefined) problems.push('parts')
  const nonce = content['nonce'] === undefined ? undefined : read('nonce', parseText)
  const stream = hasNone(content['stream']) ? undefined : read('stream', parseStream)
  if (
    bytes === undefined ||
    etag === undefined ||
    sha256 === undefined ||
    crc32 === undefined ||
    parts === undefined ||
    problems.length > 0
  ) {
    return { problem: `is damaged: ${problems.join(', ')}` }
  }
  const about = Object.fromEntries(Object.entries(content).filter(([name]) => !FACTS.has(name)))
  return { manifest: { key, bytes, etag, nonce, sha256, crc32, parts, stream, about } }
}

function readParts(
  { part_bytes: sizes, part_crc32: sums }: Readonly<Record<string, unknown>>,
  bytes: number | undefined,
): Manifest['parts'] | undefined {
  if (!Array.isArray(sizes) || !Array.isArray(sums)) return undefined
  if (sizes.length !== sums.length || sizes.length > MOST_PARTS) return undefined
  const parts = sizes.map((size, index) => ({
    bytes: parseBytes(size) ?? NaN,
    crc32: parseHex32(sums[index]) ?? NaN,
  }))
  // NaN equals nothing
  const isSound = parts.every(({ crc32 }) => crc32 >= 0)
  return isSound && parts.reduce((sum, part) => sum + part.bytes, 0) === bytes ? parts : undefined
}

function parseStream(value: unknown): ManifestStream | undefined {
  if (!isRecord(value)) return undefined
  const bytes = parseBytes(value['bytes'])
  const fletcher4 = matching(value['fletcher4'], /^[0-9a-f]{16}(:[0-9a-f]{16}){3}$/)
  const toguid = matching(value['toguid'], GUID)
  const fromguid = hasNone(value['fromguid']) ? undefined : matching(value['fromguid'], GUID)
  if (bytes === undefined || fletcher4 === undefined || toguid === undefined) return undefined
  if (!hasNone(value['fromguid']) && fromguid === undefined) return undefined
  return { bytes, fletcher4, toguid, fromguid }
}

const GUID = /^(0|[1-9]\d{0,19})$/

function hasNone(value: unknown): boolean {
  return value === undefined || value === null
}

function parseBytes(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function parseText(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= 1024 ? value : undefined
}

function parseHex32(value: unknown): number | undefined {
  const text = matching(value, /^[0-9a-f]{8}$/)
  return text === undefined ? undefined : Number.parseInt(text, 16)
}

function matching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
