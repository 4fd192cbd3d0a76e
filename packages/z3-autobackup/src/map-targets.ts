import { checkDatasetName, Z3Error } from '@z3/core'

/**
 * Where each dataset goes: below the target, without so many of the first parts
 * of its path.
 *
 * @returns targets by source
 * @throws Z3Error `usage`: there are not so many parts, or two go to the same
 *   place; `invalid-name`: the name would be too long
 */
export function mapTargets(
  datasets: readonly string[],
  target: string,
  strip: number,
): ReadonlyMap<string, string> {
  const targets = new Map<string, string>()
  const sources = new Map<string, string>()
  for (const dataset of datasets) {
    const parts = dataset.split('/')
    if (strip > parts.length) {
      throw new Z3Error(
        'usage',
        `--strip-path ${String(strip)} is too much for ${dataset}, which has ${String(parts.length)} part${parts.length === 1 ? '' : 's'}`,
        { hint: 'Give a smaller number, or select other datasets.' },
      )
    }
    const there = [target, ...parts.slice(strip)].join('/')
    checkDatasetName(there)
    const other = sources.get(there)
    if (other !== undefined) {
      throw new Z3Error('usage', `${other} and ${dataset} would both be received into ${there}`, {
        hint: 'Give --strip-path a smaller number, or back them up under names of their own.',
      })
    }
    sources.set(there, dataset)
    targets.set(dataset, there)
  }
  return targets
}
