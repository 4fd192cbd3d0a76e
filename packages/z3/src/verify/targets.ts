import { listDatasets, noBackups, openStoreOf, type ContextArguments } from '@z3/backup'
import { prepare, usageError, type Io } from '@z3/cli'
import { missingSetting } from '@z3/config'
import { checkDatasetName, parseSnapshotName } from '@z3/core'
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
function parseTargets(operands: readonly string[]): readonly VerifyTarget[] {
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
 * The datasets that a command line means: its operands, all of the store, or FILESYSTEM.
 *
 * @throws Z3Error `config`, `invalid-name`, `no-such-dataset`
 */
export async function findTargets(
  args: ContextArguments & {
    readonly all?: boolean | undefined
    readonly operands: readonly string[]
  },
  io: Io,
): Promise<readonly VerifyTarget[]> {
  if (args.operands.length > 0) return parseTargets(args.operands)
  const quiet = { ...args, quiet: true }
  if (!args.all) {
    const { config } = await prepare('z3', quiet, io)
    const { FILESYSTEM: name } = config.settings
    if (name === undefined) throw missingSetting('FILESYSTEM', config)
    return parseTargets([name])
  }
  const { config, store } = await openStoreOf(quiet, io)
  try {
    const { S3_PREFIX: prefix } = config.settings
    const targets = await listTargets(store, prefix, io.signal)
    // where they were found, whatever a section of the configuration says
    return targets.map((target) => ({ ...target, prefix }))
  } finally {
    store.close()
  }
}

/**
 * Every dataset that has objects below a prefix.
 *
 * @throws Z3Error `no-such-dataset` where there is none: an empty bucket does
 *   not pass for a verified one
 */
async function listTargets(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly VerifyTarget[]> {
  const datasets = await listDatasets(store, prefix, signal)
  if (datasets.length === 0) throw noBackups(store, prefix)
  return datasets.map((dataset) => ({ dataset, snapshots: [] }))
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
