import {
  formatSnapshotName,
  SEND_FLAGS,
  type Command,
  type SendFlag,
  type SnapshotName,
} from '@z3/core'

/** What to send. */
export interface SendRequest {
  readonly snapshot: SnapshotName
  /** What the stream builds on; undefined: a full stream. */
  readonly base?: SnapshotName | undefined
  readonly flags: readonly SendFlag[]
}

/** `zfs send` of one snapshot, in z3's words: `zfs send -i P S`. */
export function sendCommand(request: SendRequest): Command {
  return { file: 'zfs', args: ['send', ...sendArguments(request)] }
}

/** The same without `send`: flags in one order, the base, the snapshot. */
export function sendArguments({
  snapshot,
  base,
  flags,
}: SendRequest): readonly string[] {
  return [
    ...SEND_FLAGS.filter((flag) => flags.includes(flag)).map((f) => `-${f}`),
    ...(base === undefined ? [] : ['-i', formatSnapshotName(base)]),
    formatSnapshotName(snapshot),
  ]
}
