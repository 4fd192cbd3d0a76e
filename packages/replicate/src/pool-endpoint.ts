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
  /** The last snapshot of the stream, at the source. */
  readonly snapshot: LocalSnapshot
  /** Undefined: a full stream. */
  readonly base?: SendRequest['base']
  /** Include all snapshots between base and snapshot: `zfs send -I`. */
  readonly between?: boolean
  /** Flags of the chain that the stream continues, instead of the source's. */
  readonly sendFlags?: readonly SendFlag[]
  /** `zfs receive -F` */
  readonly force?: boolean
  /** Send the rest of this interrupted stream; ignores base and flags. */
  readonly resume?: { readonly token: string; readonly remaining: number | undefined } | undefined
}

export interface SendOptions {
  readonly flags: readonly SendFlag[]
  /** `zfs send -p` */
  readonly properties?: boolean
  /** Get the size of each stream from zfs, which costs a command. */
  readonly estimates: boolean
}

export interface ReceiveOptions {
  readonly dataset: string
  /** `zfs receive -u` */
  readonly unmounted: boolean
  /** -o and -x of zfs receive; `first` for full streams only. */
  readonly options: readonly string[]
  readonly first?: readonly string[]
}

/** The datasets of a host, as source or target. */
export class PoolEndpoint extends PoolState {
  /** A source that sends from this pool. */
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

  /** A target that receives into this pool. */
  target({ dataset, unmounted, options, first = [] }: ReceiveOptions): Target<PoolStep> {
    return {
      host: this.host,
      receive: async ({ base, force = false, resume }) => [
        receiveCommand({
          // a stream of several snapshots contains their names
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
          { hint: 'Check the dataset on that host before you rely on it.' },
        )
      },
    }
  }
}
