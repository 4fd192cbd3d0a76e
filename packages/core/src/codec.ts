/** A program and its arguments: what is run, without a shell. */
export interface Command {
  /** A name that PATH is searched for, or a path. */
  readonly file: string
  readonly args: readonly string[]
}

/**
 * A pair of filters, standard input to standard output: what a stream passes
 * through on its way into the store, and what undoes it.
 */
export interface Codec {
  readonly compress: Command
  readonly decompress: Command
}

const filter = (file: string, ...args: readonly string[]): Command => ({
  file,
  args,
})

/**
 * The compressors that every host knows, by the name that an object's metadata
 * keeps. The first two are z3's, option for option. `none` and z3's `gpg`,
 * which is an encryptor under the name of a compressor, are not in it.
 */
export const COMPRESSORS: ReadonlyMap<string, Codec> = new Map([
  [
    'pigz1',
    {
      compress: filter('pigz', '-1', '--blocksize', '4096'),
      decompress: filter('pigz', '-d'),
    },
  ],
  [
    'pigz4',
    {
      compress: filter('pigz', '-4', '--blocksize', '4096'),
      decompress: filter('pigz', '-d'),
    },
  ],
  ['gzip', { compress: filter('gzip', '-c'), decompress: filter('gzip', '-dc') }],
  [
    'zstd',
    {
      compress: filter('zstd', '-q', '-T0', '-c'),
      decompress: filter('zstd', '-q', '-d', '-c'),
    },
  ],
  [
    'lz4',
    {
      compress: filter('lz4', '-q', '-c'),
      decompress: filter('lz4', '-q', '-d', '-c'),
    },
  ],
  ['xz', { compress: filter('xz', '-T0', '-c'), decompress: filter('xz', '-dc') }],
])

/** The encryptors: what a stream passes through after the compressor. */
export const ENCRYPTORS = ['gpg', 'age'] as const

/** A name of ENCRYPTORS. */
export type Encryptor = (typeof ENCRYPTORS)[number]

/**
 * What undoes filters that others than z3 have stored: the original's fork
 * (pbzip2, zstd3), and what a user's own pipe may have had. Not to be chosen
 * for a backup: a name of the configuration's `[compressor:NAME]` comes first.
 */
export const FOREIGN_DECOMPRESSORS: ReadonlyMap<string, Command> = new Map([
  ['zstd3', filter('zstd', '-q', '-d', '-c')],
  // pbzip2 reads nothing that bzip2 does not, and is seldom installed
  ['pbzip2', filter('bzip2', '-dc')],
  ['bzip2', filter('bzip2', '-dc')],
  ['lzop', filter('lzop', '-dc')],
])
