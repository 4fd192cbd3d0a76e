import type { Codec, Command } from '@z3/core'
import { mbufferCommand, needProgram, type Host, type MemoryShare } from '@z3/zfs'

/** The filters between the command that sends and the one that receives. */
export interface Line {
  /** At the source, after the stream is made. */
  readonly outgoing: readonly Command[]
  /** On this host. */
  readonly between: readonly Command[]
  /** At the target, before the stream is received. */
  readonly incoming: readonly Command[]
}

/** No filter at all. */
export const NO_LINE: Line = { outgoing: [], between: [], incoming: [] }

/** What was asked of a line; every part may be left out. */
export interface LineOptions {
  /** One of `LINE_COMPRESSORS`. It is used between two hosts only. */
  readonly compress?: string | undefined
  /** mbuffer before the target alone and where it is installed, or on both sides. */
  readonly buffer?:
    | { readonly memory: number | MemoryShare; readonly at: 'target-if-installed' | 'both' }
    | undefined
  /** Bytes of a block of mbuffer. */
  readonly chunk?: number | undefined
  /** Bytes a second, limited at the source by mbuffer, or here by pv. */
  readonly rate?: { readonly bytes: number; readonly at: 'source' | 'here' } | undefined
  /** The user's own, next to the commands that send and receive. */
  readonly send?: readonly Command[]
  readonly receive?: readonly Command[]
}

function codec(file: string, compress: string, decompress: string): Codec {
  return {
    compress: { file, args: compress.split(' ') },
    decompress: { file, args: decompress.split(' ') },
  }
}

/** By name: z3-ssh-sync's, and zfs-autobackup's. */
export const LINE_COMPRESSORS: Readonly<Record<string, Codec>> = {
  zstd: codec('zstd', '-q -c', '-q -d -c'),
  pigz: codec('pigz', '-1', '-d'),
  gzip: codec('gzip', '-3 -c', '-d -c'),
  'pigz-fast': codec('pigz', '-3 -c', '-d -c'),
  'pigz-slow': codec('pigz', '-9 -c', '-d -c'),
  'zstd-fast': codec('zstd', '-q -T0 -3 -c', '-d -c'),
  'zstd-slow': codec('zstd', '-q -T0 -19 -c', '-d -c'),
  'zstd-adapt': codec('zstd', '-q -T0 --adapt -c', '-d -c'),
  xz: codec('xz', '-q -c', '-d -c'),
  lzo: codec('lzop', '-q -c', '-d -c'),
  lz4: codec('lz4', '-q -c', '-q -d -c'),
}

/** Of mbuffer where only the rate was asked for: bytes. */
export const RATE_BUFFER = 16 * 1024 ** 2

/** Where a line is. */
export interface LineHosts {
  readonly source: Host
  readonly target: Host
  /** This host. */
  readonly here: Host
}

/**
 * Choose the filters between two hosts, and check that each is installed.
 *
 * @throws Z3Error `program-missing`, which names the host
 */
export async function chooseLine(options: LineOptions, hosts: LineHosts): Promise<Line> {
  const { compress, buffer, chunk, rate, send = [], receive = [] } = options
  const { source, target, here } = hosts
  const isRemote = source.target !== undefined || target.target !== undefined
  // what does not leave the host needs no compression
  const pair = isRemote ? LINE_COMPRESSORS[compress ?? ''] : undefined
  const isPiped = isRemote || send.length > 0 || receive.length > 0
  const onBoth = buffer?.at === 'both' && isPiped ? buffer : undefined
  const limit = rate?.at === 'source' ? rate.bytes : undefined
  const outgoing = [
    ...send,
    ...(pair ? [pair.compress] : []),
    ...(onBoth || limit !== undefined
      ? [mbufferCommand(buffer?.memory ?? RATE_BUFFER, { rate: limit, chunk })]
      : []),
  ]
  const incoming = [
    ...(onBoth ? [mbufferCommand(onBoth.memory, { chunk })] : []),
    ...(pair ? [pair.decompress] : []),
    ...receive,
  ]
  for (const { file } of outgoing) await needProgram(source, file)
  for (const { file } of incoming) await needProgram(target, file)
  const isBuffered =
    buffer?.at === 'target-if-installed' && isRemote && (await target.hasProgram('mbuffer'))
  return {
    outgoing,
    between: rate?.at === 'here' ? [await limitHere(here, rate.bytes)] : [],
    incoming: [...(isBuffered ? [mbufferCommand(buffer.memory)] : []), ...incoming],
  }
}

async function limitHere(here: Host, rate: number): Promise<Command> {
  if (await here.hasProgram('pv')) return { file: 'pv', args: ['-q', '-L', String(rate)] }
  await needProgram(here, 'mbuffer')
  return mbufferCommand(RATE_BUFFER, { rate })
}
