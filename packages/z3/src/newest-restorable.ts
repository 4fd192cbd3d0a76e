import { checkHealth, newestHealthy, ownName, Z3Error, type StoredSnapshot } from '@z3/core'
import type { Context } from './context.js'
import { markUnreadable } from './filters.js'

/**
 * The newest stored snapshot that can be restored here: what follows its `@`.
 *
 * @throws Z3Error `no-such-snapshot`
 */
export function newestRestorable(
  all: readonly StoredSnapshot[],
  { config, dataset }: Pick<Context, 'config' | 'dataset'>,
): string {
  const stored = all.map((object) => markUnreadable(object, config))
  const newest = newestHealthy(stored, checkHealth(stored))
  if (newest) return ownName(newest)
  throw new Z3Error(
    'no-such-snapshot',
    `nothing of ${dataset} that can be restored is in the store`,
    { hint: 'See z3 status, and check S3_PREFIX.' },
  )
}
