import { formatSnapshotName, Z3Error, type LocalSnapshot, type ReplicationStep } from '@z3/core'
import { PipelineError, renderPipeline, type Transfers } from '@z3/pipeline'
import {
  canKeepPartial,
  estimateSend,
  explainPipeline,
  hasOption,
  receiveCommand,
  resumeCommand,
  sendCommand,
  snapshotGuid,
  type SendRequest,
} from '@z3/zfs'
import type { Line } from './line.js'
import type { Log } from './log.js'
import type { StreamKind } from './send-flags.js'
import type { Side } from './side.js'

/** One stream into one dataset. */
export interface TransferRequest {
  readonly step: ReplicationStep<LocalSnapshot>
  /** Go on with what an interrupted receive has saved. */
  readonly token: string | undefined
  readonly targetDataset: string
  readonly source: Side
  readonly target: Side
  readonly kind: StreamKind
  /** -o and -x of zfs receive. */
  readonly receiveOptions: readonly string[]
  readonly force: boolean
  readonly ignoreErrors: boolean
  readonly line: Line
  readonly log: Log
  readonly signal: AbortSignal
  /** Undefined: with --test, nothing is sent. */
  readonly transfers: Transfers | undefined
  /** Ask zfs how much it will be: it takes a command for each. */
  readonly estimates: boolean
}

/**
 * Send one snapshot, and look that it has arrived.
 *
 * @throws Z3Error
 */
export async function transfer(request: TransferRequest): Promise<void> {
  const { step, token, source, target, targetDataset, kind, line, log } = request
  const { snapshot } = step
  const there = { dataset: targetDataset, snapshot: snapshot.snapshot }
  const name = formatSnapshotName(there)
  const what =
    token === undefined ? (step.base ? 'receiving incremental' : 'receiving full') : 'resuming'
  log.verbose(`${target.label} ${name}: ${what}`)
  const send: SendRequest = {
    snapshot,
    ...(step.base ? { base: step.base } : {}),
    flags: kind.flags,
    properties: kind.properties,
  }
  const outgoing = [
    token === undefined ? sendCommand(send) : resumeCommand(token),
    ...line.outgoing,
  ]
  const incoming = [
    ...line.incoming,
    receiveCommand({
      name: { dataset: targetDataset },
      unmounted: true,
      force: request.force,
      resumable:
        (await hasOption(target.read, 'receive', 's')) &&
        (await canKeepPartial(target.host, targetDataset)),
      options: [...kind.receive, ...request.receiveOptions],
    }),
  ]
  log.debug(renderPipeline([...source.host.shown(outgoing), ...target.host.shown(incoming)]))
  if (!request.transfers) return
  const sending = source.host.stages(outgoing)
  try {
    await request.transfers.run(
      {
        name,
        stages: [...sending, ...target.host.stages(incoming)],
        reader: source.host.target === undefined ? 1 : sending.length,
        expected:
          request.estimates && token === undefined
            ? await estimateSend(source.read, send)
            : undefined,
        commit: false,
      },
      request.signal,
    )
  } catch (error) {
    request.signal.throwIfAborted()
    const lost = (await source.host.lost()) ?? (await target.host.lost())
    if (lost) throw lost
    const explained = explainPipeline(error, [
      { host: source.host, commands: outgoing },
      { host: target.host, commands: incoming },
    ])
    if (!request.ignoreErrors || !(error instanceof PipelineError)) {
      throw explained
    }
    log.note(`${target.label} ${name}: ${error.message} (ignored)`)
  }
  // what programs exit with is not enough to say that it is there
  if ((await snapshotGuid(target.read, there)) === snapshot.guid) return
  throw new Z3Error(
    'not-restored',
    `${name} has not arrived at the target, although no error was reported`,
    { hint: 'Look at the dataset there before it is relied upon.' },
  )
}
