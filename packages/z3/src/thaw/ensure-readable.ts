import type { Context } from '@z3/backup'
import { addToReport } from '@z3/cli'
import type { RestoreStep, Z3Error } from '@z3/core'
import {
  archivedJson,
  describeCount,
  describeObjects,
  notRequested,
  thawingError,
  type ThawCommand,
} from './describe.js'
import { findArchived, type ArchivedObject } from './find-archived.js'
import { checkTier, requestThaw } from './request-thaw.js'
import type { Thaw } from './thaw-options.js'
import { waitThawed, type Sleep } from './wait-thawed.js'

/** How archived objects are handled. */
export interface Thawing {
  readonly context: Pick<Context, 'dataset' | 'store' | 'place' | 'config' | 'say' | 'tell'>
  readonly command: ThawCommand
  /** Undefined: nothing is thawed. */
  readonly thaw: Thaw | undefined
  readonly dryRun: boolean
  readonly signal: AbortSignal
  /** Called before anything is requested: finds what would fail hours later. */
  readonly check?: (() => void) | undefined
  /** For tests. */
  readonly sleep?: Sleep | undefined
}

/**
 * Check that all objects of some steps can be read, and thaw them if that is asked for.
 *
 * @returns the archived objects, in a dry run with `thaw`; `waited`: they can be read now, and
 *   hours may have passed since the steps were planned; undefined: all can be read
 * @throws Z3Error `object-archived`, `thawing`, `usage`, and those of the store
 */
export async function ensureReadable(
  steps: readonly Pick<RestoreStep, 'object'>[],
  thawing: Thawing,
): Promise<readonly ArchivedObject[] | 'waited' | undefined> {
  const archived = await findArchived(thawing.context, steps, thawing.signal)
  return archived.length === 0 ? undefined : thawObjects(archived, thawing)
}

/**
 * Name archived objects, and thaw them if that is asked for: `ensureReadable`.
 *
 * @throws as `ensureReadable`
 */
export async function thawObjects(
  archived: readonly ArchivedObject[],
  { context, command, thaw, dryRun, signal, check, sleep }: Thawing,
): Promise<readonly ArchivedObject[] | 'waited'> {
  const { dataset, say } = context
  describeObjects(archived).forEach(say)
  const requestable = archived.filter(({ state }) => state.phase === 'archived')
  if (!thaw) throw refusal(dataset, archived, command)
  checkTier(requestable, thaw)
  check?.()
  if (dryRun) {
    say(`would request ${describeCount(requestable)} with --thaw ${thaw.tier}`)
    return archived
  }
  await requestThaw(context.store, archived, thaw, signal)
  if (requestable.length > 0) say(`requested ${describeCount(requestable)} (${thaw.tier})`)
  if (!thaw.waits) throw reported(thawingError(dataset, archived, thaw.tier, command), archived)
  say(`waiting until ${describeCount(archived)} can be read`)
  await waitThawed(archived, context, thaw, signal, sleep)
  say(`${describeCount(archived)} can be read now`)
  return 'waited'
}

function refusal(
  dataset: string,
  archived: readonly ArchivedObject[],
  command: ThawCommand,
): Z3Error {
  const requestable = archived.filter(({ state }) => state.phase === 'archived')
  const error =
    requestable.length > 0
      ? notRequested(dataset, requestable, command)
      : thawingError(dataset, archived, undefined, command)
  return reported(error, archived)
}

/** The JSON form of the error names the objects. */
function reported(error: Z3Error, archived: readonly ArchivedObject[]): Z3Error {
  addToReport(error, { archived: archivedJson(archived) })
  return error
}
