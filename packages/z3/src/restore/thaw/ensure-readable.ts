import type { Context } from '@z3/backup'
import { addToReport } from '@z3/cli'
import type { RestoreStep, Z3Error } from '@z3/core'
import { checkFilters } from '../prepare-restore.js'
import { archivedJson, describeCount, describeObjects, notRequested, thawing } from './describe.js'
import { findArchived, type ArchivedObject } from './find-archived.js'
import { checkTier, requestThaw } from './request-thaw.js'
import type { Thaw } from './thaw-options.js'
import { waitThawed, type Sleep } from './wait-thawed.js'

/** How a restore handles archived objects. */
export interface Thawing {
  readonly context: Context
  /** Undefined: nothing is thawed. */
  readonly thaw: Thaw | undefined
  readonly dryRun: boolean
  readonly signal: AbortSignal
  /** For tests. */
  readonly sleep?: Sleep | undefined
}

/**
 * Check that all objects of a restore can be read, and thaw them if that is asked for.
 *
 * @returns the archived objects, in a dry run with `thaw`; `waited`: they can be read now, and
 *   hours may have passed since the restore was planned; undefined: all can be read
 * @throws Z3Error `object-archived`, `thawing`, `usage`, and those of the store
 */
export async function ensureReadable(
  steps: readonly Pick<RestoreStep, 'object'>[],
  { context, thaw, dryRun, signal, sleep }: Thawing,
): Promise<readonly ArchivedObject[] | 'waited' | undefined> {
  const { dataset, say } = context
  const archived = await findArchived(context, steps, signal)
  if (archived.length === 0) return undefined
  describeObjects(archived).forEach(say)
  const requestable = archived.filter(({ state }) => state.phase === 'archived')
  if (!thaw) throw refusal(dataset, archived, requestable)
  checkTier(requestable, thaw)
  // not after hours
  checkFilters(steps, context)
  if (dryRun) {
    say(`would request ${describeCount(requestable)} with --thaw ${thaw.tier}`)
    return archived
  }
  await requestThaw(context.store, archived, thaw, signal)
  if (requestable.length > 0) say(`requested ${describeCount(requestable)} (${thaw.tier})`)
  if (!thaw.waits) throw pending(dataset, archived, thaw)
  say(`waiting until ${describeCount(archived)} can be read`)
  await waitThawed(archived, context, thaw, signal, sleep)
  say(`${describeCount(archived)} can be read now`)
  return 'waited'
}

function refusal(
  dataset: string,
  archived: readonly ArchivedObject[],
  requestable: readonly ArchivedObject[],
): Z3Error {
  const error =
    requestable.length > 0
      ? notRequested(dataset, requestable)
      : thawing(dataset, archived, undefined)
  addToReport(error, { archived: archivedJson(archived) })
  return error
}

function pending(dataset: string, archived: readonly ArchivedObject[], { tier }: Thaw): Z3Error {
  const error = thawing(dataset, archived, tier)
  addToReport(error, { archived: archivedJson(archived) })
  return error
}
