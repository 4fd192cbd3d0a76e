import { untilAborted, usageError } from '@z3/cli'
import { ASIDE, checkDatasetName, parseSnapshotName, Z3Error } from '@z3/core'
import type { ObjectStore } from '@z3/s3'

/** A dataset to verify. */
export interface VerifyTarget {
  readonly dataset: string
  /** What follows the `@` of those whose chains are meant; none: all. */
  readonly snapshots: readonly string[]
  /** In place of S3_PREFIX. */
  readonly prefix?: string
}

/**
 * Read the operands: `DATASET`, or `DATASET@SNAPSHOT` for the chain of one
 * snapshot. A dataset that is named by itself, too, is verified as a whole.
 *
 * @throws Z3Error `invalid-name`
 */
export function parseTargets(operands: readonly string[]): readonly VerifyTarget[] {
  const targets = new Map<string, readonly string[]>()
  for (const operand of operands) {
    if (!operand.includes('@')) {
      checkDatasetName(operand)
      targets.set(operand, [])
      continue
    }
    const { dataset, snapshot } = parseSnapshotName(operand)
    const known = targets.get(dataset)
    if (known?.length !== 0) targets.set(dataset, [...(known ?? []), snapshot])
  }
  return [...targets].map(([dataset, snapshots]) => ({ dataset, snapshots }))
}

/**
 * Every dataset that has objects below a prefix.
 *
 * @throws Z3Error `no-such-dataset` where there is none: an empty bucket does
 *   not pass for a verified one
 */
export async function listTargets(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly VerifyTarget[]> {
  const datasets = new Set<string>()
  for await (const { key } of untilAborted(signal, store.list(prefix, signal))) {
    const name = key.slice(prefix.length)
    const at = name.indexOf('@')
    if (at > 0 && !name.startsWith(ASIDE) && isDataset(name.slice(0, at))) {
      datasets.add(name.slice(0, at))
    }
  }
  if (datasets.size === 0) {
    throw new Z3Error('no-such-dataset', `there are no backups in ${store.title}/${prefix}`, {
      hint: 'Check BUCKET and S3_PREFIX.',
    })
  }
  return [...datasets].map((dataset) => ({ dataset, snapshots: [] }))
}

function isDataset(name: string): boolean {
  try {
    checkDatasetName(name)
    return true
  } catch {
    return false
  }
}

/**
 * Read `--sample`: `5%`.
 *
 * @returns a share: above 0, at most 1
 * @throws Z3Error `usage`
 */
export function parseShare(text: string): number {
  const percent = Number(/^(\d{1,3}(?:\.\d{1,4})?)%$/.exec(text)?.[1] ?? NaN)
  if (percent > 0 && percent <= 100) return percent / 100
  throw usageError({ name: 'z3 verify' }, `--sample: '${text}' is not a percentage, as 5%`)
}
