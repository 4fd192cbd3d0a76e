import { Z3Error, type Command } from '@z3/core'
import {
  checkBuffer,
  mbufferCommand,
  needProgram,
  splitCommand,
  type Host,
  type MemoryShare,
} from '@z3/zfs'

/** What is between zfs send and zfs receive. */
export interface LineOptions {
  readonly compress: string | undefined
  /** Bytes a second. */
  readonly rate: number | undefined
  /** Bytes of memory, or a part of it. */
  readonly buffer: number | MemoryShare | undefined
  /** Bytes of mbuffer's blocks; undefined: what zfs send writes at once. */
  readonly chunk: number | undefined
  readonly send: readonly Command[]
  readonly receive: readonly Command[]
}

/** The filters of a transfer. */
export interface Line {
  /** At the source, behind zfs send. */
  readonly outgoing: readonly Command[]
  /** At the target, before zfs receive. */
  readonly incoming: readonly Command[]
}

type Pair = readonly [compress: Command, decompress: Command]

function pair(file: string, level: string, decompressor = file): Pair {
  return [
    { file, args: [...level.split(' '), '-c'] },
    { file: decompressor, args: ['-d', '-c'] },
  ]
}

/** The names are zfs-autobackup's. */
const COMPRESSORS: Readonly<Record<string, Pair>> = {
  gzip: pair('gzip', '-3'),
  'pigz-fast': pair('pigz', '-3'),
  'pigz-slow': pair('pigz', '-9'),
  'zstd-fast': pair('zstd', '-q -T0 -3'),
  'zstd-slow': pair('zstd', '-q -T0 -19'),
  'zstd-adapt': pair('zstd', '-q -T0 --adapt'),
  xz: pair('xz', '-q'),
  lzo: pair('lzop', '-q'),
  lz4: pair('lz4', '-q'),
}

/** What `--compress` means without a value. */
const USUAL = 'zstd-fast'

/** Of mbuffer with --rate, or behind a filter: bytes. */
const SMALL_BUFFER = 16 * 1024 ** 2

/**
 * Read what was asked for.
 *
 * @throws Z3Error `usage`
 */
export function readLineOptions(given: {
  readonly compress: string | undefined
  readonly rate: string | undefined
  readonly buffer: string | undefined
  readonly chunk: string | undefined
  readonly send: readonly string[]
  readonly receive: readonly string[]
}): LineOptions {
  const compress = given.compress === '' ? USUAL : given.compress
  if (compress !== undefined && !Object.hasOwn(COMPRESSORS, compress)) {
    throw new Z3Error('usage', `--compress: there is no '${compress}'`, {
      hint: `Those are ${Object.keys(COMPRESSORS).join(', ')}; write --compress=zstd-fast where a word follows.`,
    })
  }
  const rate = sizeOf('--rate', given.rate)
  const buffer = shareOf(given.buffer) ?? sizeOf('--buffer', given.buffer)
  const chunk = sizeOf('--buffer-chunk-size', given.chunk)
  if (typeof buffer === 'number') checkBuffer(buffer, chunk)
  else if (rate !== undefined && buffer === undefined) {
    checkBuffer(SMALL_BUFFER, chunk)
  }
  return {
    compress,
    rate,
    buffer,
    chunk,
    send: given.send.map(splitCommand),
    receive: given.receive.map(splitCommand),
  }
}

/**
 * The filters between two hosts.
 *
 * @throws Z3Error `program-missing` at the side that lacks one
 */
export async function chooseLine(
  { compress, rate, buffer, chunk, send, receive }: LineOptions,
  source: Host,
  target: Host,
): Promise<Line> {
  const remote = source.target !== undefined || target.target !== undefined
  // what does not leave the host is not compressed for the way
  const codec = remote ? COMPRESSORS[compress ?? ''] : undefined
  const piped = send.length > 0 || receive.length > 0 || codec !== undefined
  const buffers = buffer !== undefined && (remote || piped)
  const outgoing = [
    ...send,
    ...(codec ? [codec[0]] : []),
    ...(buffers || rate !== undefined
      ? [mbufferCommand(buffer ?? SMALL_BUFFER, { rate, chunk })]
      : []),
  ]
  const incoming = [
    ...(buffers ? [mbufferCommand(buffer, { chunk })] : []),
    ...(codec ? [codec[1]] : []),
    ...receive,
  ]
  for (const { file } of outgoing) await needProgram(source, file)
  for (const { file } of incoming) await needProgram(target, file)
  return { outgoing, incoming }
}

/** Of mbuffer's own limits: none and all of the memory are errors there, too. */
const MOST_PERCENT = 90

function shareOf(text: string | undefined): MemoryShare | undefined {
  const [, digits] = /^(\d+(?:\.\d+)?)%$/.exec(text ?? '') ?? []
  if (digits === undefined) return undefined
  const percent = Number(digits)
  if (percent > 0 && percent < MOST_PERCENT) return `${String(percent)}%`
  throw new Z3Error('usage', `--buffer: ${digits}% is no part of the memory`, {
    hint: `Give it more than 0% and less than ${String(MOST_PERCENT)}%.`,
  })
}

const UNITS = ['', 'K', 'M', 'G', 'T']

/** A size as mbuffer takes it, with a fraction if need be: 1.5M, 10k, 512b. */
function sizeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([BKMGT]?)$/.exec(text.toUpperCase()) ?? []
  const power = Math.max(0, UNITS.indexOf(unit))
  const size = Math.ceil(Number(digits) * 1024 ** power)
  if (digits === '' || !Number.isSafeInteger(size)) {
    throw new Z3Error('usage', `${option}: invalid size '${text}'`, {
      hint: 'Write a number, then K, M, G or T for powers of 1024: 1.5M, 200M.',
    })
  }
  if (size > 0) return size
  throw new Z3Error('usage', `${option} 0 would send nothing`, {
    hint: 'Give it a size, as 10M, or leave it out.',
  })
}
