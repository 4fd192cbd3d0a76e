import type { Metadata } from '../metadata.js'
import type { StoredSnapshot } from './stored-snapshot.js'
import { readStreamHead } from './stream-head.js'

/** The contents that the first bytes of an object identify: a stream, or the output of a filter. */
export const CONTENTS = ['zfs', 'gzip', 'zstd', 'lz4', 'xz', 'bzip2', 'lzop', 'gpg', 'age'] as const

export type Content = (typeof CONTENTS)[number]

/** Bytes that `recognizeContent` needs, if the object has so many. */
export const CONTENT_BYTES = 512

/** Held against the bytes in hexadecimal. */
const MAGICS: readonly (readonly [Content, RegExp])[] = [
  // RFC 1952, 2.3.1: the only method is 8
  ['gzip', /^1f8b08/],
  // RFC 8878, 3.1; pzstd begins with a skippable frame
  ['zstd', /^(28b52ffd|5.2a4d18)/],
  // lz4_Frame_format.md, and its legacy format
  ['lz4', /^(04224d18|02214c18)/],
  ['xz', /^fd377a585a00/],
  ['bzip2', /^425a683[1-9](314159265359|177245385090)/],
  ['lzop', /^894c5a4f000d0a1a0a/],
  // age-encryption.org/v
  ['age', /^6167652d656e6372797074696f6e2e6f72672f76/],
  // RFC 4880, 4.2 and 5.1: a session key for a public key (tag 1, version 3 or
  // 6) or a passphrase (tag 3, version 4 to 6), in the old and the new format;
  // -----BEGIN PGP
  [
    'gpg',
    /^(84..0[36]|85....0[36]|c1([0-9ab].|[cd]...)0[36]|(8c..|c3[0-9ab].)0[456]|2d2d2d2d2d424547494e20504750)/,
  ],
]

/**
 * Identify the contents of an object by its first bytes.
 *
 * @returns undefined: unknown contents
 */
export function recognizeContent(bytes: Uint8Array): Content | undefined {
  if (readStreamHead(bytes)) return 'zfs'
  const start = Array.from(bytes.subarray(0, 32), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
  return MAGICS.find(([, magic]) => magic.test(start))?.[0]
}

/** Compressor names that the original z3 writes. */
const ORIGINAL = ['none', 'pigz1', 'pigz4', 'gpg']

/**
 * Whether the metadata of an object may name a wrong filter. The original z3 checks COMPRESSOR only
 * on its command line: an unknown name from environment or file is written to the metadata, and the
 * stream is stored uncompressed.
 */
export function mustLook(metadata: Metadata): boolean {
  const { guid, compressor } = metadata
  return (
    guid === undefined &&
    compressor !== undefined &&
    !ORIGINAL.includes(compressor) &&
    !isNone(compressor)
  )
}

/** Names of the original's, and of its fork's, by what they make. */
const MAKES: Readonly<Record<string, Content>> = {
  pigz1: 'gzip',
  pigz4: 'gzip',
  zstd3: 'zstd',
  pbzip2: 'bzip2',
}

/** The filters of an object by its first bytes, not by its metadata. */
export function filtersOf(
  content: Content,
  claimed: string | undefined,
  read: (key: 'compressor' | 'encryptor') => string | undefined,
): Pick<StoredSnapshot, 'compressor' | 'encryptor' | 'remark'> {
  // the contents below the encryption are unknown
  if (content === 'age') return { compressor: undefined, encryptor: 'age' }
  const encryptor = content === 'gpg' ? read('encryptor') : undefined
  if (encryptor !== undefined) {
    return { compressor: read('compressor'), encryptor }
  }
  const is = claimed === undefined ? 'zfs' : (MAKES[claimed] ?? claimed)
  if (is === content) return { compressor: claimed, encryptor: undefined }
  return {
    compressor: content === 'zfs' ? undefined : content,
    encryptor: undefined,
    remark: `its metadata says compressor ${JSON.stringify(claimed)}, and it is ${content === 'zfs' ? 'an uncompressed stream' : content}`,
  }
}

/** Whether a name stands for no filter: z3's fork writes `none` in any case of letters. */
export function isNone(name: string): boolean {
  return name.toLowerCase() === 'none'
}
