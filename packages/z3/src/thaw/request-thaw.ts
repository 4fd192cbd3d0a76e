import { hoursToThaw, isTemporary, Z3Error } from '@z3/core'
import type { ObjectStore } from '@z3/s3'
import pMap from 'p-map'
import type { ArchivedObject } from './find-archived.js'
import type { Thaw } from './thaw-options.js'

/** Requests in parallel. AWS accepts 1,000 per second. */
const REQUESTS_AT_ONCE = 16

/**
 * Check that every archive has the tier, before anything is requested.
 *
 * @throws Z3Error `usage`
 */
export function checkTier(objects: readonly ArchivedObject[], { tier }: Thaw): void {
  const wrong = objects.find(({ state }) => hoursToThaw(state.archive, tier) === undefined)
  if (!wrong) return
  throw new Z3Error(
    'usage',
    `--thaw ${tier}: '${wrong.key}' is in ${wrong.state.archive}, which has no ${tier} retrieval`,
    { hint: 'Use --thaw standard or --thaw bulk.' },
  )
}

/**
 * Request all archived objects; those that are being thawed are not requested again.
 *
 * @returns how many were requested
 * @throws Z3Error of the store
 */
export async function requestThaw(
  store: ObjectStore,
  objects: readonly ArchivedObject[],
  { tier, days }: Thaw,
  signal: AbortSignal,
): Promise<number> {
  const archived = objects.filter(({ state }) => state.phase === 'archived')
  await pMap(
    archived,
    ({ key, version, state: { archive } }) =>
      store.thaw?.(key, { tier, version, days: isTemporary(archive) ? days : undefined }, signal),
    { concurrency: REQUESTS_AT_ONCE, signal },
  )
  return archived.length
}
