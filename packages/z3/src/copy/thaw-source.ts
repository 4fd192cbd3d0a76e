import { continuationKey, manifestKey, Z3Error, type CopyStep } from '@z3/core'
import { findArchived, type ArchivedObject } from '../thaw/find-archived.js'
import { thawObjects } from '../thaw/ensure-readable.js'
import type { CopyJob } from './copy-job.js'

/** Objects of the source that cannot be read in this run. */
export interface Unreadable {
  /** For the whole dataset. */
  readonly problem: Z3Error
  /** Why the object of a step cannot be copied; undefined: it can be read. */
  readonly errorOf: (step: CopyStep) => Z3Error | undefined
}

/** Whether an error passes when an object is thawed. */
export function isArchiveError({ code }: Z3Error): boolean {
  return code === 'object-archived' || code === 'thawing'
}

/**
 * Name the archived objects among those that are to be copied, and thaw them if that is asked for.
 * Others are copied nevertheless: a nightly copy does not end because of an old chain.
 *
 * @returns undefined: all can be read, or would be thawed by a run that is not dry
 * @throws Z3Error `usage`, and those of the store
 */
export async function thawSource(
  steps: readonly CopyStep[],
  { from, config, thaw, dryRun, signal, say, tell, sleep }: CopyJob,
): Promise<Unreadable | undefined> {
  const { dataset, store, prefix } = from
  const context = { dataset, store, place: from, config, say, tell }
  const copied = steps.filter(({ action }) => action === 'copy')
  const archived = await findArchived(context, copied, signal)
  if (archived.length === 0) return undefined
  try {
    await thawObjects(archived, { context, command: 'copy', thaw, dryRun, signal, sleep })
    return undefined
  } catch (problem) {
    if (!(problem instanceof Z3Error) || !isArchiveError(problem)) throw problem
    const byKey = new Map(archived.map((object) => [object.key, object]))
    return { problem, errorOf: (step) => errorOf(step, prefix, byKey) }
  }
}

function errorOf(
  { name, object: { key, objects = 1 }, action }: CopyStep,
  prefix: string,
  archived: ReadonlyMap<string, ArchivedObject>,
): Z3Error | undefined {
  if (action !== 'copy') return undefined
  const further = Array.from({ length: objects - 1 }, (_, i) => continuationKey(key, i + 1))
  const found = [key, ...further, manifestKey(prefix, name)].flatMap(
    (one) => archived.get(one) ?? [],
  )
  const [first] = found
  if (!first) return undefined
  const { phase, archive } = first.state
  return phase === 'archived'
    ? new Z3Error('object-archived', `it is archived (${archive})`)
    : new Z3Error('thawing', `it is being thawed (${archive})`)
}
