import { Z3Error } from './errors.js'
import type { RestorePlan, RestoreStep } from './restore-plan.js'
import type { StreamHead } from './stream-head.js'

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
