import { attempt } from './attempt.js'
import { noOutcome } from './outcome.js'
import type { Source } from './read-source.js'
import type { DatasetReport } from './report.js'
import { thinSource } from './thin-source.js'
import type { World } from './world.js'

/**
 * Thin a source of which nothing is sent. A dataset that fails is counted, and
 * the others go on.
 *
 * @throws Z3Error with --debug, the first; what is no Z3Error
 */
export async function thinAll(source: Source, world: World): Promise<readonly DatasetReport[]> {
  world.log.title('Thinning source')
  const reports: DatasetReport[] = []
  for (const dataset of source.datasets) {
    const outcome = noOutcome()
    const { received, destroyed, errors } = outcome
    const report = {
      source: dataset.name,
      target: undefined,
      received,
      destroyed,
    }
    const failure = await attempt(world, `${source.side.label} ${dataset.name}`, () =>
      thinSource(dataset, source, world, outcome),
    )
    reports.push({ ...report, error: failure ?? errors[0] })
  }
  return reports
}
