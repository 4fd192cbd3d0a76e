import { sizeFlag } from '@z3/cli'
import { Z3Error, type Command, type SendFlag } from '@z3/core'
import { checkBuffer, mbufferCommand, needProgram, type Host } from '@z3/zfs'

/** What stands between zfs send and zfs receive. */
export interface Line {
  /** At the source, behind zfs send. */
  readonly outgoing: readonly Command[]
  /** On this host. */
  readonly between: readonly Command[]
  /** At the destination, before zfs receive. */
  readonly incoming: readonly Command[]
}

export interface LineOptions {
  /** The name of a compressor, or `none`. */
  readonly compress: string
  /** Memory of mbuffer, bytes; 0: none. */
  readonly buffer: number
  /** Bytes a second. */
  readonly rate: number | undefined
}

/**
 * Read what was asked for.
 *
 * @throws Z3Error `usage`
 */
export function readLineOptions(args: {
  readonly compress: string
  readonly buffer: string
  readonly rate?: string | undefined
}): LineOptions {
  const { compress, buffer, rate } = args
  const bytes = rate === undefined ? undefined : sizeFlag('--rate', rate)
  if (bytes === 0) {
    throw new Z3Error('usage', '--rate 0 would send nothing', {
      hint: 'Give bytes a second: 10M.',
    })
  }
  const memory = sizeFlag('--buffer', buffer)
  if (memory > 0) checkBuffer(memory)
  return { compress, buffer: memory, rate: bytes }
}

type Pair = readonly [compress: Command, decompress: Command]

const COMPRESSORS: Readonly<Record<string, Pair>> = {
  zstd: [
    { file: 'zstd', args: ['-q', '-c'] },
    { file: 'zstd', args: ['-q', '-d', '-c'] },
  ],
  lz4: [
    { file: 'lz4', args: ['-q', '-c'] },
    { file: 'lz4', args: ['-q', '-d', '-c'] },
  ],
  pigz: [
    { file: 'pigz', args: ['-1'] },
    { file: 'pigz', args: ['-d'] },
  ],
}

/**
 * Choose the filters of a line.
 *
 * @param flags of zfs send
 * @param here this host, where the rate is kept
 * @throws Z3Error `program-missing` at the side that lacks one
 */
export async function chooseLine(
  { compress, buffer, rate }: LineOptions,
  flags: readonly SendFlag[],
  source: Host,
  destination: Host,
  here: Host,
): Promise<Line> {
  const isLine = source.target !== undefined || destination.target !== undefined
  // raw blocks are compressed, or encrypted and cannot be
  const compressed = flags.includes('c') || flags.includes('w')
  const pair = isLine && !compressed ? COMPRESSORS[compress] : undefined
  if (pair) {
    await needProgram(source, pair[0].file)
    await needProgram(destination, pair[1].file)
  }
  const buffered = isLine && buffer > 0 && (await destination.hasProgram('mbuffer'))
  return {
    outgoing: pair ? [pair[0]] : [],
    between: rate === undefined ? [] : [await limit(here, rate)],
    incoming: [...(buffered ? [mbufferCommand(buffer)] : []), ...(pair ? [pair[1]] : [])],
  }
}

async function limit(here: Host, rate: number): Promise<Command> {
  if (await here.hasProgram('pv')) {
    return { file: 'pv', args: ['-q', '-L', String(rate)] }
  }
  await needProgram(here, 'mbuffer')
  return mbufferCommand(16 * 1024 ** 2, { rate })
}
