import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Z3Error } from '@z3/core'

/**
 * The files of an object; BASE is the encoded last component of its key:
 * - `BASE.z3.json` the descriptor: the object exists if and only if it does
 * - `BASE.ID` the data, the raw stream
 * - `BASE.ID.pending` the data of an incomplete upload
 * - `BASE.ID.tmp` a descriptor before it is renamed
 */
const SUFFIX = { descriptor: '.z3.json', data: '', pending: '.pending', temporary: '.tmp' } as const
const OURS = /(?:\.z3\.json|\.([0-9a-f]{32})(\.pending|\.tmp)?)$/

export type FileKind = keyof typeof SUFFIX

/** The parsed name of a file. A descriptor has no upload id: ''. */
export interface FileName {
  readonly kind: FileKind
  readonly base: string
  readonly uploadId: string
}

/** Where the files of a key are; paths are absolute. */
export interface ObjectPlace {
  readonly key: string
  /** The store's directory. */
  readonly root: string
  /** The directories between the root and the files, outermost first. */
  readonly parents: readonly string[]
  /** The directory of the files: the last parent, or the root. */
  readonly directory: string
  /** Common beginning of the file names. */
  readonly base: string
}

/** S3: "the UTF-8 encoding is at most 1024 bytes long". */
const MAX_KEY_BYTES = 1024
/**
 * Maximum bytes of an encoded name. With upload id and `.pending`, it stays below 143 bytes, the
 * limit of eCryptfs (encrypted shares of some NAS); other file systems allow 255.
 */
const MAX_NAME_BYTES = 100
/** Represents an empty component, as in `a//b`. */
const EMPTY = '%-'
/** At the end of a directory name: the next name continues the component. */
const CONTINUED = '%'

/**
 * The place of a key. Reversible, and never outside `root`:
 * - only `/` separates directories;
 * - percent-encoded are: `%`; control characters and `\ : * ? " < > |` (exFAT, vfat and SMB refuse
 *   them); a dot or blank at the end of a component (`.` and `..`; vfat drops them); the dot before
 *   what looks like one of our suffixes;
 * - a component that is too long for a file name is split.
 *
 * So `z3-backup/tank/a@d-1` stays unchanged.
 *
 * @throws Z3Error `invalid-name`: empty, not UTF-8, longer than 1024 bytes
 */
export function objectPlace(root: string, key: string): ObjectPlace {
  const bytes = Buffer.from(key)
  // a lone surrogate has no UTF-8 encoding and would read back as another character
  if (key === '' || bytes.toString() !== key) {
    throw invalidKey(key, key === '' ? 'is empty' : 'is not valid UTF-8')
  }
  if (bytes.length > MAX_KEY_BYTES) {
    throw invalidKey(key, `exceeds ${String(MAX_KEY_BYTES)} bytes`)
  }
  const names = key.split('/').flatMap((component) => cutName(encodeComponent(component)))
  const base = names.pop() ?? ''
  const parents: string[] = []
  for (const name of names) parents.push(join(parents.at(-1) ?? root, name))
  return { key, root, parents, directory: parents.at(-1) ?? root, base }
}

function encodeComponent(component: string): string {
  if (component === '') return EMPTY
  const encoded = component
    // eslint-disable-next-line no-control-regex -- control characters are refused here
    .replace(/[\x00-\x1f\x7f%\\:*?"<>|]/g, percent)
    .replace(/[. ]$/, percent)
  return encoded.replace(OURS, (suffix) => `%2E${suffix.slice(1)}`)
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/** Split an encoded component between characters and escapes. */
function cutName(encoded: string): string[] {
  if (Buffer.byteLength(encoded) <= MAX_NAME_BYTES) return [encoded]
  const names: string[] = []
  let name = ''
  for (const [piece] of encoded.matchAll(/%..|[^%]/gsu)) {
    if (Buffer.byteLength(name + piece) > MAX_NAME_BYTES - CONTINUED.length) {
      names.push(name + CONTINUED)
      name = ''
    }
    name += piece
  }
  return [...names, name]
}

/**
 * Decode the name of a directory or the base of a file name: its text, and whether the next name
 * continues the component. Undefined if it is not a valid encoding. (`objectPlace` of the resulting
 * key tells whether it is *the* encoding.)
 */
export function decodeName(name: string): { text: string; continued: boolean } | undefined {
  if (name === EMPTY) return { text: '', continued: false }
  const continued = name.endsWith(CONTINUED)
  const encoded = continued ? name.slice(0, -CONTINUED.length) : name
  if (/%(?![0-9A-F]{2})/.test(encoded)) return undefined
  const text = encoded.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return { text, continued }
}

/** The file name of a kind. */
export function fileName(kind: FileKind, base: string, uploadId: string): string {
  return base + (kind === 'descriptor' ? '' : `.${uploadId}`) + SUFFIX[kind]
}

/** The paths of an object's or an upload's files, without the descriptor. */
export function filePaths(
  place: ObjectPlace,
  uploadId: string,
): Readonly<Record<FileKind, string>> {
  const path = (kind: FileKind) => join(place.directory, fileName(kind, place.base, uploadId))
  return {
    descriptor: path('descriptor'),
    data: path('data'),
    pending: path('pending'),
    temporary: path('temporary'),
  }
}

/** Parse a file name; undefined if it is not ours. */
export function parseFileName(name: string): FileName | undefined {
  const match = OURS.exec(name)
  if (match === null || match.index === 0) return undefined
  const [, uploadId = '', state] = match
  const ofUpload = state === undefined ? 'data' : state === '.tmp' ? 'temporary' : 'pending'
  const kind = uploadId === '' ? 'descriptor' : ofUpload
  return { kind, base: name.slice(0, match.index), uploadId }
}

/** A new upload id: 12 digits of time, for sorting, then random characters. */
export function newUploadId(): string {
  return Date.now().toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
}

export function isUploadId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}

/** When an upload began; undefined if its id contains no valid time. */
export function uploadTime(uploadId: string): Date | undefined {
  const time = new Date(parseInt(uploadId.slice(0, 12), 16))
  return Number.isNaN(time.getTime()) ? undefined : time
}

function invalidKey(key: string, problem: string): Z3Error {
  return new Z3Error('invalid-name', `the key ${JSON.stringify(key.slice(0, 80))} ${problem}`, {
    hint: 'A key is 1 to 1024 bytes of UTF-8, as in S3.',
  })
}
