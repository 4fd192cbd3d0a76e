import { LINE_COMPRESSORS, type Command } from '@z3/core'
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
  /** One of LINE_COMPRESSORS. It is used between two hosts only. */
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
  const isRemote = source.ssh !== undefined || target.ssh !== undefined
  // what does not leave the host needs no compression
  const pair = isRemote ? LINE_COMPRESSORS.get(compress ?? '') : undefined
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
