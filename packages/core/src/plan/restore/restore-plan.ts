import { Z3Error } from '../../errors.js'
import type { Policy } from '../policy.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import type { StoredSnapshot } from '../../versions/stored-snapshot.js'
import type { StreamHead } from '../../versions/stream-head.js'

/** The input of the plan of a restore. */
export interface RestoreRequest extends Pick<Policy, 'onLoss'> {
  /** All of the dataset, with any prefix. */
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
  /** The full name after the receive. */
  readonly name: string
  /** `zfs receive -F`: roll back, or overwrite a dataset without snapshots. */
  readonly force: boolean
}

/** The plan of a restore, in order. */
export interface RestorePlan {
  readonly steps: readonly RestoreStep[]
  /** Notes for the user, one line each. */
  readonly notes: readonly string[]
  /**
   * `into` has snapshots, but none in common. zfs cannot receive there, so the stream is received
   * into another dataset, and the two are swapped.
   */
  readonly replaces: boolean
  /** The local snapshot that the first step starts from. */
  readonly base?: LocalSnapshot
}

/**
 * Check that the streams of a restore match their metadata, and that each starts from the one
 * before. `zfs receive` accepts a wrong full stream without an error, and rejects a wrong increment
 * only after receiving those before it.
 *
 * @param heads of the streams, by step; steps without one are not checked
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
    return `contains another snapshot than its metadata says: guid ${head.guid} in the stream, ${guid} in the metadata`
  }
  if (parent === undefined) {
    return head.fromGuid === undefined
      ? undefined
      : 'is full according to its metadata, but contains an incremental stream'
  }
  if (head.fromGuid === undefined) {
    return 'is incremental according to its metadata, but contains a full stream'
  }
  return previous === undefined || previous === head.fromGuid
    ? undefined
    : `contains a stream that starts from another snapshot than '${parent}': from guid ${head.fromGuid}, not ${previous}`
}

function mismatch({ object }: RestoreStep, wrong: string): Z3Error {
  return new Z3Error('stream-mismatch', `object '${object.key}' ${wrong}`, {
    hint: 'Nothing was received. Restore an earlier snapshot or another chain; docs/format.md says how to receive a stream by hand, into a dataset of its own.',
  })
}
