/** What compressors and encryptors begin their output with. */
const MAGICS: readonly (readonly [hex: string, what: string])[] = [
  ['1f8b', 'output of gzip or pigz'],
  ['28b52ffd', 'output of zstd'],
  ['04224d18', 'output of lz4'],
  ['fd377a585a00', 'output of xz'],
  ['425a68', 'output of bzip2'],
  ['894c5a4f', 'output of lzop'],
  [Buffer.from('age-encryption.org/').toString('hex'), 'output of age'],
  [Buffer.from('-----BEGIN PGP').toString('hex'), 'output of gpg'],
  // a public-key or a symmetric session key packet (RFC 9580, 4.2)
  ['84', 'output of gpg'],
  ['85', 'output of gpg'],
  ['8c', 'output of gpg'],
  ['c1', 'output of gpg'],
  ['c3', 'output of gpg'],
]

/** @returns what data looks like that is no ZFS stream */
export function guessContents(bytes: Uint8Array): string | undefined {
  const begins = Buffer.from(bytes.subarray(0, 32)).toString('hex')
  return MAGICS.find(([hex]) => begins.startsWith(hex))?.[1]
}
