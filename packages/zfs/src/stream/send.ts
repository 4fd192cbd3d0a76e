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

/** A bookmark's full name, in two. */
export type BookmarkName = Pick<Bookmark, 'dataset' | 'bookmark'>

/** What to send. */
export interface SendRequest {
  readonly snapshot: SnapshotName
  /** What the stream builds on; undefined: a full stream. */
  readonly base?: SnapshotName | BookmarkName | undefined
  /** Send all that was taken in between, too: not from a bookmark. */
  readonly between?: boolean
  readonly flags: readonly SendFlag[]
  /** Send its properties, too: -p. */
  readonly properties?: boolean
}

/** `zfs send` of one snapshot, in z3's words: `zfs send -i P S`. */
export function sendCommand(request: SendRequest): Command {
  return { file: 'zfs', args: ['send', ...sendArguments(request)] }
}

/**
 * `zfs send` of the rest of a stream that was cut. The token holds the flags.
 *
 * @throws Z3Error `zfs-failed` for what is no token
 */
export function resumeCommand(token: string): Command {
  checkToken(token)
  return { file: 'zfs', args: ['send', '-t', token] }
}

/** The same without `send`: flags in one order, the base, the snapshot. */
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
 * How long a stream will be, as zfs estimates it; nothing is sent. It needs no
 * permission, so that it tells nothing of whether the send has it.
 *
 * @returns bytes; undefined where this zfs cannot tell
 * @throws Z3Error as `zfsError` has it, `no-such-snapshot` for one
 */
export async function estimateSend(run: Run, request: SendRequest): Promise<number | undefined> {
  const text = await withOptions(
    run,
    'send',
    'nP',
    // old ones print it to stderr
    () => run(['send', '-nvP', ...sendArguments(request)], { withStderr: true }),
    () => Promise.resolve(''),
  )
  const size = Number(/^size\t(\d+)$/m.exec(text)?.[1])
  return Number.isSafeInteger(size) ? size : undefined
}
