import {
  formatSnapshotName,
  parseSnapshotName,
  Z3Error,
  type LocalSnapshot,
  type SendFlag,
} from '@z3/core'
import {
  canKeepPartial,
  estimateSend,
  hasOption,
  receiveCommand,
  resumeCommand,
  sendCommand,
  snapshotGuid,
  type SendRequest,
} from '@z3/zfs'
import type { Source, Step, Target } from './endpoint.js'
import { PoolState } from './pool-state.js'

/** A stream from a pool. */
export interface PoolStep extends Step {
  /** The last that the stream brings, as the source names it. */
  readonly snapshot: LocalSnapshot
  /** Undefined: a full stream. */
  readonly base?: SendRequest['base']
  /** With every snapshot between base and snapshot: `zfs send -I`. */
  readonly between?: boolean
  /** In place of the source's: the flags of the chain that the stream continues. */
  readonly sendFlags?: readonly SendFlag[]
  /** `zfs receive -F` */
  readonly force?: boolean
  /** The rest of this interrupted stream, in place of base and flags. */
  readonly resume?: { readonly token: string; readonly remaining: number | undefined } | undefined
}

export interface SendOptions {
  readonly flags: readonly SendFlag[]
  /** `zfs send -p` */
  readonly properties?: boolean
  /** Ask zfs for the size of each stream, which takes a command. */
  readonly estimates: boolean
}

export interface ReceiveOptions {
  readonly dataset: string
  /** `zfs receive -u` */
  readonly unmounted: boolean
  /** -o and -x of zfs receive; `first` of a full stream only. */
  readonly options: readonly string[]
  readonly first?: readonly string[]
}

/** The datasets of a host: this one, or another behind ssh. */
export class PoolEndpoint extends PoolState {
  /** Send from it. */
  source({ flags, properties = false, estimates }: SendOptions): Source<PoolStep> {
    const request = ({
      snapshot,
      base,
      between = false,
      sendFlags = flags,
    }: PoolStep): SendRequest => ({
      snapshot,
      base,
      between,
      flags: sendFlags,
      properties,
    })
    return {
      host: this.host,
      send: (step) =>
        Promise.resolve([
          step.resume ? resumeCommand(step.resume.token) : sendCommand(request(step)),
        ]),
      estimate: async (step) => {
        if (step.resume) return step.resume.remaining
        return estimates ? estimateSend(this.read, request(step)) : undefined
      },
    }
  }

  /** Receive into it. */
  target({ dataset, unmounted, options, first = [] }: ReceiveOptions): Target<PoolStep> {
    return {
      host: this.host,
      receive: async ({ base, force = false, resume }) => [
        receiveCommand({
          // a stream of several snapshots brings their names with it
          name: { dataset },
          unmounted,
          force,
          resumable:
            (await hasOption(this.read, 'receive', 's')) &&
            (await canKeepPartial(this.host, dataset)),
          options: [...(base || resume ? [] : first), ...options],
        }),
      ],
      checkArrived: async ({ name, snapshot }) => {
        const there = parseSnapshotName(name)
        if ((await snapshotGuid(this.read, there)) === snapshot.guid) return
        throw new Z3Error(
          'not-restored',
          `${formatSnapshotName(there)} has not arrived on ${this.host.title}, although no error was reported`,
          { hint: 'Check the dataset there before you rely on it.' },
        )
      },
    }
  }
}
