import { type Context, markUnreadable } from '@z3/backup'
import { usageError } from '@z3/cli'
import {
  checkDatasetName,
  formatSnapshotName,
  parseSnapshotName,
  Z3Error,
  checkHealth,
  newestHealthy,
  ownName,
  type StoredSnapshot,
} from '@z3/core'

/**
 * Parse the operand of `z3 restore`: `snapshot`, `dataset@snapshot`, with --latest `dataset` or
 * nothing.
 *
 * @throws Z3Error `usage`, `invalid-name`
 */
export function wantedSnapshot(args: {
  readonly operands: readonly string[]
  readonly latest?: boolean | undefined
}): {
  readonly dataset: string | undefined
  readonly snapshot: string | undefined
} {
  const [operand] = args.operands
  if (args.latest) {
    if (operand?.includes('@')) {
      throw wrong('--latest and a snapshot exclude each other')
    }
    if (operand !== undefined) checkDatasetName(operand)
    return { dataset: operand, snapshot: undefined }
  }
  if (operand === undefined) throw wrong('no snapshot specified')
  if (operand.includes('@')) return parseSnapshotName(operand)
  // a snapshot name contains no slash
  if (operand.includes('/')) {
    throw wrong(
      `'${operand}' is a dataset, not a snapshot`,
      `Specify a snapshot, ${operand}@NAME, or restore the newest one with --latest ${operand}.`,
    )
  }
  return { dataset: undefined, snapshot: operand }
}

function wrong(message: string, hint?: string): Z3Error {
  return hint === undefined
    ? usageError({ name: 'z3 restore' }, message)
    : new Z3Error('usage', message, { hint })
}

/**
 * The newest restorable snapshot in the bucket: its name after the `@`.
 *
 * @throws Z3Error `no-such-snapshot`
 */
export function newestRestorable(
  all: readonly StoredSnapshot[],
  { config, dataset, say }: Pick<Context, 'config' | 'dataset' | 'say'>,
): string {
  const stored = all.map((object) => markUnreadable(object, config))
  const newest = newestHealthy(stored, checkHealth(stored))
  for (const object of stored) {
    if (object.bytes !== undefined) continue
    say(`'${formatSnapshotName(object)}' may be newer; skipping it: ${object.problem ?? ''}`)
  }
  if (newest) return ownName(newest)
  throw new Z3Error('no-such-snapshot', `the store has no restorable backup of ${dataset}`, {
    hint: 'See z3 status, and check S3_PREFIX.',
  })
}
