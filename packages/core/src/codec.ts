/** A program and its arguments, run without a shell. */
export interface Command {
  /** A name to search in PATH, or a path. */
  readonly file: string
  readonly args: readonly string[]
}

/**
 * A pair of filters from standard input to standard output: one for streams to the store, and its
 * inverse.
 */
export interface Codec {
  readonly compress: Command
  readonly decompress: Command
}

const filter = (file: string, ...args: readonly string[]): Command => ({
  file,
  args,
})

/** A program that both compresses and decompresses. */
const pair = (compress: Command, ...decompress: readonly string[]): Codec => ({
  compress,
  decompress: { file: compress.file, args: decompress },
})

const LZ4 = pair(filter('lz4', '-q', '-c'), '-q', '-d', '-c')

/**
 * The built-in compressors, by their name in the metadata of objects. The first two are z3's,
 * option for option. `none` and z3's `gpg`, which is an encryptor under the name of a compressor,
 * are not in it.
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
 * The compressors for streams between hosts, by name: `zstd` and `pigz` are z3-ssh-sync's, the
 * others zfs-autobackup's, option for option. A network needs other levels than a store.
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

/** The encryptors, which run after the compressor. */
export const ENCRYPTORS = ['gpg', 'age'] as const

/**
 * Decompressors for objects that other programs stored: the fork of the original z3 (pbzip2,
 * zstd3), and pipes of users. They cannot be chosen for a backup. A `[compressor:NAME]` of the
 * configuration has priority.
 */
export const FOREIGN_DECOMPRESSORS: ReadonlyMap<string, Command> = new Map([
  ['zstd3', filter('zstd', '-q', '-d', '-c')],
  // bzip2 reads everything that pbzip2 writes, and is installed more often
  ['pbzip2', filter('bzip2', '-dc')],
  ['bzip2', filter('bzip2', '-dc')],
  ['lzop', filter('lzop', '-dc')],
])
