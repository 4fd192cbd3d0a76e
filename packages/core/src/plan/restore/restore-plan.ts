import { Z3Error } from '../../errors.js'
import type { Policy } from '../policy.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import type { StoredSnapshot } from '../../versions/stored-snapshot.js'
import type { StreamHead } from '../../versions/stream-head.js'

/** What a restore is planned from. */
export interface RestoreRequest extends Pick<Policy, 'onLoss'> {
  /** All of the dataset, of whatever prefix. */
  readonly stored: readonly StoredSnapshot[]
  /** What follows the `@`. */
  readonly upTo: string
  /** The dataset that was backed up. */
  readonly dataset: string
  /** The dataset to receive into. */
  readonly into: string
  /** All of `into`, the oldest first; undefined: there is no such dataset. */
  readonly local: readonly LocalSnapshot[] | undefined
  /** `into` was changed since its newest snapshot. */
  readonly modified: boolean
}

/** One object to receive. */
export interface RestoreStep {
  readonly object: StoredSnapshot
  /** The full name that it is received under. */
  readonly name: string
  /** `zfs receive -F`: roll back, or write over what has no snapshot. */
  readonly force: boolean
}

/** What a restore does, in order. */
export interface RestorePlan {
  readonly steps: readonly RestoreStep[]
  /** What the user should know, a line each. */
  readonly notes: readonly string[]
  /**
   * `into` has snapshots, and none to build on: zfs receives nothing there. It
   * must be received beside it, and the two swapped.
   */
  readonly replaces: boolean
  /** What is here already, and the first step starts from. */
  readonly base?: LocalSnapshot
}

/**
 * Check that the streams of a restore are those that their metadata name, and
 * that each starts from the one before: `zfs receive` takes a wrong full one
 * without a word, and finds out about a wrong increment when what comes before
 * it has been received.
 *
 * @param heads of the streams, by step; a step without one is not checked
 * @throws Z3Error `stream-mismatch`
 */
export function checkHeads(
  { steps, base }: Pick<RestorePlan, 'steps' | 'base'>,
  heads: ReadonlyMap<RestoreStep, StreamHead>,
): void {
  let previous = base?.guid
  for (const step of steps) {
    const head = heads.get(step)
    const wrong = head && !head.compound && problem(step, head, previous)
    if (wrong) throw mismatch(step, wrong)
    previous = head && !head.compound ? head.guid : step.object.guid
  }
}

function problem(
  { object }: RestoreStep,
  head: StreamHead,
  previous: string | undefined,
): string | undefined {
  const { guid, parent } = object
  if (guid !== undefined && guid !== head.guid) {
    return `holds another snapshot than its metadata says: guid ${head.guid} in the stream, ${guid} in the metadata`
  }
  if (parent === undefined) {
    return head.fromGuid === undefined
      ? undefined
      : 'is called full in its metadata, and holds an incremental stream'
  }
  if (head.fromGuid === undefined) {
    return 'is called incremental in its metadata, and holds a full stream'
  }
  return previous === undefined || previous === head.fromGuid
    ? undefined
    : `holds a stream that starts from another snapshot than '${parent}': from guid ${head.fromGuid}, not ${previous}`
}

function mismatch({ object }: RestoreStep, wrong: string): Z3Error {
  return new Z3Error('stream-mismatch', `object '${object.key}' ${wrong}`, {
    hint: 'Nothing was received. Restore an earlier snapshot or another chain; docs/format.md says how to receive a stream by hand, into a dataset of its own.',
  })
}
