import { LINE_COMPRESSORS, type Command } from '@z3/core'
import { mbufferCommand, needProgram, type Host, type MemoryShare } from '@z3/zfs'

/** The filters between the sending and the receiving command. */
export interface Line {
  /** On the source host, after the sending command. */
  readonly outgoing: readonly Command[]
  /** On this host. */
  readonly between: readonly Command[]
  /** On the target host, before the receiving command. */
  readonly incoming: readonly Command[]
}

/** No filters. */
export const NO_LINE: Line = { outgoing: [], between: [], incoming: [] }

/** The requested filters. */
export interface LineOptions {
  /** One of LINE_COMPRESSORS, used only between two hosts. */
  readonly compress?: string | undefined
  /** mbuffer at the target if it is installed, or required on both sides. */
  readonly buffer?:
    | { readonly memory: number | MemoryShare; readonly at: 'target-if-installed' | 'both' }
    | undefined
  /** Block size of mbuffer, bytes. */
  readonly chunk?: number | undefined
  /** Bandwidth limit in bytes per second, with mbuffer at the source or pv on this host. */
  readonly rate?: { readonly bytes: number; readonly at: 'source' | 'here' } | undefined
  /** The user's own filters, next to the sending and receiving command. */
  readonly send?: readonly Command[]
  readonly receive?: readonly Command[]
}

/** Memory of mbuffer if only a rate was requested, bytes. */
export const RATE_BUFFER = 16 * 1024 ** 2

/** The hosts of a transfer. */
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
  // a stream that stays on the host needs no compression
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
