import type { Context } from '@z3/backup'
import { Z3Error } from '@z3/core'
import pMap from 'p-map'
import { planDataset, type PlanRequest } from '../plan-dataset.js'
import { describeCount } from './describe.js'
import { findArchived, type ArchivedObject } from './find-archived.js'
import { checkTier, requestThaw } from './request-thaw.js'
import type { Thaw } from './thaw-options.js'

/** Datasets planned in parallel. */
const PLANS_AT_ONCE = 4

/** One of several restores. */
export interface PlannedRestore extends PlanRequest {
  readonly context: Context
}

/**
 * Request the archived objects of all restores at once: thawing takes hours, however many objects.
 * A restore that cannot be planned is left out: it fails with the same error afterwards.
 *
 * @throws Z3Error `usage`, before anything is requested, and those of the store
 */
export async function thawAll(
  restores: readonly PlannedRestore[],
  thaw: Thaw,
  signal: AbortSignal,
): Promise<void> {
  const [first] = restores
  if (!first) return
  const found = await pMap(
    restores,
    async (restore): Promise<readonly ArchivedObject[]> => {
      const quiet = { ...restore.context, say: () => undefined, tell: () => undefined }
      try {
        const { plan } = await planDataset({ ...restore, context: quiet })
        return await findArchived(restore.context, plan.steps, signal)
      } catch (error) {
        if (!(error instanceof Z3Error) || signal.aborted) throw error
        return []
      }
    },
    { concurrency: PLANS_AT_ONCE, signal },
  )
  const archived = found.flat().filter(({ state }) => state.phase === 'archived')
  checkTier(archived, thaw)
  const { store, say } = first.context
  const count = await requestThaw(store, archived, thaw, signal)
  if (count > 0) say(`requested ${describeCount(archived)} (${thaw.tier})`)
}
