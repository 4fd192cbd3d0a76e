import type { Z3Error } from '@z3/core'
import { attempt } from './attempt.js'
import { thinMissing } from './missing.js'
import { noOutcome } from './outcome.js'
import type { Source } from './read-source.js'
import type { Target } from './read-target.js'
import { replicateDataset } from './replicate-dataset.js'
import type { DatasetReport } from './report.js'
import type { Needs } from './needs.js'
import type { World } from './world.js'

/**
 * Bring all datasets of a target up to date, and thin what is there without a
 * source. A dataset that fails is counted, and the others go on.
 *
 * @param map targets by source, of all that is selected
 * @param present targets of what is left out of this run, and is there still
 * @param needs what the targets need of the source, this one among them
 * @throws Z3Error with --debug, the first; what is no Z3Error
 */
export async function replicateAll(
  source: Source,
  target: Target,
  map: ReadonlyMap<string, string>,
  present: ReadonlySet<string>,
  needs: Needs,
  world: World,
): Promise<readonly DatasetReport[]> {
  const reports: DatasetReport[] = []
  let lost: Z3Error | undefined
  for (const dataset of source.datasets) {
    const to = map.get(dataset.name) ?? ''
    const outcome = noOutcome()
    const { received, destroyed, errors } = outcome
    const report = { source: dataset.name, target: to, received, destroyed }
    if (lost) {
      reports.push({ ...report, error: lost })
      continue
    }
    const failure = await attempt(world, `${source.side.label} ${dataset.name}`, async () => {
      await replicateDataset({
        dataset,
        to,
        source,
        target,
        world,
        isNeeded: (snapshot) => needs.isNeededByOthers(target, snapshot),
        outcome,
      })
      needs.update(dataset, target, to)
    })
    reports.push({ ...report, error: failure ?? errors[0] })
    if (failure?.code === 'ssh-failed') lost = failure
  }
  if (lost) {
    const left = reports.filter(({ error }) => error === lost).length - 1
    if (left > 0) {
      world.log.error(`${String(left)} more datasets were not tried`)
    }
    return reports
  }
  const used = new Set([...map.values(), ...present])
  world.log.debug('Looking for datasets without a source')
  return [...reports, ...(await thinMissing(target, used, world))]
}
