import { formatSnapshotName, type Command, type SnapshotName } from '@z3/core'

/** What a stream becomes. */
export interface ReceiveRequest {
  /** A dataset alone: snapshots get the names that the stream has for them. */
  readonly name: SnapshotName | Pick<SnapshotName, 'dataset'>
  /** Do not mount it. */
  readonly unmounted?: boolean
  /** Roll back what was changed since the last snapshot. */
  readonly force?: boolean
  /** Keep what has arrived when it is interrupted; ask `hasOption` first. */
  readonly resumable?: boolean
  /** Words that `checkReceiveOptions` has passed. */
  readonly options?: readonly string[]
}

/** `zfs receive` of one snapshot under a name of our choice, or of several. */
export function receiveCommand({
  name,
  unmounted = false,
  force = false,
  resumable = false,
  options = [],
}: ReceiveRequest): Command {
  return {
    file: 'zfs',
    args: [
      'receive',
      ...(unmounted ? ['-u'] : []),
      ...(force ? ['-F'] : []),
      ...(resumable ? ['-s'] : []),
      ...options,
      'snapshot' in name ? formatSnapshotName(name) : name.dataset,
    ],
  }
}
