import type { Context } from '@z3/backup'
import pMap from 'p-map'
import { Z3Error, type RestoreStep } from '@z3/core'
import { describeCount } from './describe.js'
import { findArchived, type ArchivedObject } from './find-archived.js'
import { checkTier, requestThaw } from './request-thaw.js'
import type { Thaw } from './thaw-options.js'

/** Datasets planned in parallel. */
const PLANS_AT_ONCE = 4

/** One of several datasets. */
export interface PlannedThaw {
  readonly context: Pick<Context, 'store' | 'place' | 'config' | 'say'>
  /** Which objects are read. */
  readonly plan: () => Promise<readonly Pick<RestoreStep, 'object'>[]>
}

/**
 * Request the archived objects of all datasets at once: thawing takes hours, however many objects.
 * A dataset that cannot be planned is left out: it fails with the same error afterwards.
 *
 * @throws Z3Error `usage`, before anything is requested, and those of the store
 */
export async function thawAll(
  datasets: readonly PlannedThaw[],
  thaw: Thaw,
  signal: AbortSignal,
): Promise<void> {
  const [first] = datasets
  if (!first) return
  const found = await pMap(
    datasets,
    async ({ context, plan }): Promise<readonly ArchivedObject[]> => {
      try {
        return await findArchived(context, await plan(), signal)
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
