import { Z3Error } from '@z3/core'
import { looksLikeOurs } from './file-names.js'

/** Where the files of one object are, below the root of the store. */
export interface KeyPath {
  /** Directories, from the root. */
  readonly directories: readonly string[]
  /** What the names of the object's files begin with. */
  readonly base: string
}

/** S3: "the UTF-8 encoding is at most 1024 bytes long". */
const MAX_KEY_BYTES = 1024
/**
 * Most bytes of an encoded name. With the upload id and `.pending` after it,
 * the name stays below 143 bytes, which is all that eCryptfs takes (the
 * encrypted shares of some NAS); other file systems take 255.
 */
const MAX_NAME_BYTES = 100
/** Stands for an empty component, as in `a//b`. */
const EMPTY = '%-'
/** At the end of a directory's name: the component goes on in the next name. */
const CONTINUED = '%'

/**
 * The path of a key. Reversible, and never one that leads out of the root:
 * - `/` divides into directories, nothing else does;
 * - percent-encoded are: `%`; control characters, `\ : * ? " < > |` (exFAT,
 *   vfat and SMB refuse them); the last character of a component if it is a
 *   dot or a blank (`.` and `..`; vfat drops them); the dot before what looks
 *   like a suffix of our own;
 * - a component that is too long for a file name is cut into several.
 *
 * So `z3-backup/tank/a@d-1` stays as it is.
 *
 * @throws Z3Error `invalid-name`: empty, not UTF-8, above 1024 bytes
 */
export function keyPath(key: string): KeyPath {
  const bytes = Buffer.from(key)
  // a lone surrogate has no UTF-8, and would come back as another character
  if (key === '' || bytes.toString() !== key) {
    throw invalidKey(key, key === '' ? 'is empty' : 'is not valid UTF-8')
  }
  if (bytes.length > MAX_KEY_BYTES) {
    throw invalidKey(key, `is longer than ${String(MAX_KEY_BYTES)} bytes`)
  }
  const names = key.split('/').flatMap((c) => cut(encodeComponent(c)))
  return { directories: names.slice(0, -1), base: names.at(-1) ?? '' }
}

function encodeComponent(component: string): string {
  if (component === '') return EMPTY
  const encoded = component
    // eslint-disable-next-line no-control-regex -- these are what is meant
    .replace(/[\x00-\x1f\x7f%\\:*?"<>|]/g, percent)
    .replace(/[. ]$/, percent)
  const suffix = looksLikeOurs(encoded)
  return suffix === undefined
    ? encoded
    : `${encoded.slice(0, suffix)}%2E${encoded.slice(suffix + 1)}`
}

function percent(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase()
  return `%${code.padStart(2, '0')}`
}

/** Cut an encoded component between characters and escapes. */
function cut(encoded: string): string[] {
  if (Buffer.byteLength(encoded) <= MAX_NAME_BYTES) return [encoded]
  const names: string[] = []
  let name = ''
  let bytes = 0
  for (const [piece] of encoded.matchAll(/%..|[^%]/gsu)) {
    const length = Buffer.byteLength(piece)
    if (bytes + length > MAX_NAME_BYTES - CONTINUED.length) {
      names.push(name + CONTINUED)
      name = ''
      bytes = 0
    }
    name += piece
    bytes += length
  }
  return [...names, name]
}

/** A name in a directory, read back. */
export interface DecodedName {
  /** The component, or a piece of it. */
  readonly text: string
  /** It goes on in the next name, without a `/` between. */
  readonly continued: boolean
}

/**
 * Read back the name of a directory or the base of a file's name. What is not
 * an encoding at all is not ours: undefined. (Whether it is *the* encoding of
 * the key that comes out must be asked of `keyPath`.)
 */
export function decodeName(name: string): DecodedName | undefined {
  if (name === EMPTY) return { text: '', continued: false }
  const continued = name.endsWith(CONTINUED)
  const encoded = continued ? name.slice(0, -CONTINUED.length) : name
  if (/%(?![0-9A-F]{2})/.test(encoded)) return undefined
  const text = encoded.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return { text, continued }
}

function invalidKey(key: string, problem: string): Z3Error {
  return new Z3Error('invalid-name', `the key ${JSON.stringify(key.slice(0, 80))} ${problem}`, {
    hint: 'A key is 1 to 1024 bytes of UTF-8, as in S3.',
  })
}
