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

/** A program that decompresses what it has compressed. */
const pair = (compress: Command, ...decompress: readonly string[]): Codec => ({
  compress,
  decompress: { file: compress.file, args: decompress },
})

const LZ4 = pair(filter('lz4', '-q', '-c'), '-q', '-d', '-c')

/**
 * The compressors that every host knows, by the name that an object's metadata
 * keeps. The first two are z3's, option for option. `none` and z3's `gpg`,
 * which is an encryptor under the name of a compressor, are not in it.
 */
export const COMPRESSORS: ReadonlyMap<string, Codec> = new Map([
  ['pigz1', pair(filter('pigz', '-1', '--blocksize', '4096'), '-d')],
  ['pigz4', pair(filter('pigz', '-4', '--blocksize', '4096'), '-d')],
  ['gzip', pair(filter('gzip', '-c'), '-dc')],
  ['zstd', pair(filter('zstd', '-q', '-T0', '-c'), '-q', '-d', '-c')],
  ['lz4', LZ4],
  ['xz', pair(filter('xz', '-T0', '-c'), '-dc')],
])

/**
 * What a stream between two hosts passes through, by name: `zstd` and `pigz` are
 * z3-ssh-sync's, the others zfs-autobackup's, option for option.
 * A network wants other levels than a store.
 */
export const LINE_COMPRESSORS: ReadonlyMap<string, Codec> = new Map([
  ['zstd', pair(filter('zstd', '-q', '-c'), '-q', '-d', '-c')],
  ['pigz', pair(filter('pigz', '-1'), '-d')],
  ['gzip', pair(filter('gzip', '-3', '-c'), '-d', '-c')],
  ['pigz-fast', pair(filter('pigz', '-3', '-c'), '-d', '-c')],
  ['pigz-slow', pair(filter('pigz', '-9', '-c'), '-d', '-c')],
  ['zstd-fast', pair(filter('zstd', '-q', '-T0', '-3', '-c'), '-d', '-c')],
  ['zstd-slow', pair(filter('zstd', '-q', '-T0', '-19', '-c'), '-d', '-c')],
  ['zstd-adapt', pair(filter('zstd', '-q', '-T0', '--adapt', '-c'), '-d', '-c')],
  ['xz', pair(filter('xz', '-q', '-c'), '-d', '-c')],
  ['lzo', pair(filter('lzop', '-q', '-c'), '-d', '-c')],
  ['lz4', LZ4],
])

/** The encryptors: what a stream passes through after the compressor. */
export const ENCRYPTORS = ['gpg', 'age'] as const

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
