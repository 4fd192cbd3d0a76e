import {
  type Bookmark,
  type Command,
  formatBookmarkName,
  formatSnapshotName,
  SEND_FLAGS,
  type SendFlag,
  type SnapshotName,
} from '@z3/core'
import { withOptions } from '../capabilities.js'
import type { Run } from '../run.js'
import { checkToken } from './resume-token.js'

/** The parts of a bookmark's full name. */
export type BookmarkName = Pick<Bookmark, 'dataset' | 'bookmark'>

/** What to send. */
export interface SendRequest {
  readonly snapshot: SnapshotName
  /** The parent; undefined: a full stream. */
  readonly base?: SnapshotName | BookmarkName | undefined
  /** Include all snapshots since the parent (-I): not from a bookmark. */
  readonly between?: boolean
  readonly flags: readonly SendFlag[]
  /** Include properties: -p. */
  readonly properties?: boolean
}

/** `zfs send` of one snapshot, as z3 writes it: `zfs send -i P S`. */
export function sendCommand(request: SendRequest): Command {
  return { file: 'zfs', args: ['send', ...sendArguments(request)] }
}

/**
 * `zfs send` of the rest of an interrupted stream. The token contains the flags.
 *
 * @throws Z3Error `zfs-failed` for an invalid token
 */
export function resumeCommand(token: string): Command {
  checkToken(token)
  return { file: 'zfs', args: ['send', '-t', token] }
}

/** The arguments without `send`: flags in a fixed order, the parent, the snapshot. */
export function sendArguments({
  snapshot,
  base,
  between = false,
  flags,
  properties = false,
}: SendRequest): readonly string[] {
  return [
    ...SEND_FLAGS.filter((flag) => flags.includes(flag)).map((f) => `-${f}`),
    ...(properties ? ['-p'] : []),
    ...(base === undefined ? [] : baseArguments(base, between)),
    formatSnapshotName(snapshot),
  ]
}

function baseArguments(base: SnapshotName | BookmarkName, between: boolean): readonly string[] {
  if ('snapshot' in base) {
    return [between ? '-I' : '-i', formatSnapshotName(base)]
  }
  // 'multiple snapshots cannot be sent from a bookmark' (zfs_do_send)
  if (between) throw new RangeError('send -I from a bookmark')
  return ['-i', formatBookmarkName(base)]
}

/**
 * The estimated size of a stream; sends nothing. It needs no permission, so success does not mean
 * that the send is permitted.
 *
 * @returns bytes; undefined if this zfs cannot estimate
 * @throws Z3Error as `zfsError` returns, for example `no-such-snapshot`
 */
export async function estimateSend(run: Run, request: SendRequest): Promise<number | undefined> {
  const text = await withOptions(
    run,
    'send',
    'nP',
    // old versions print it to stderr
    () => run(['send', '-nvP', ...sendArguments(request)], { withStderr: true }),
    () => Promise.resolve(''),
  )
  const size = Number(/^size\t(\d+)$/m.exec(text)?.[1])
  return Number.isSafeInteger(size) ? size : undefined
}
