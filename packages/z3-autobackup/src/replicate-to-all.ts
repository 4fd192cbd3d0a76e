import type { Selection } from '@z3/core'
import type { Place } from '@z3/zfs'
import { mapTargets } from './map-targets.js'
import { Needs } from './needs.js'
import type { Opened } from './open-targets.js'
import type { Source } from './read-source.js'
import { replicateAll } from './replicate-all.js'
import type { DatasetReport, TargetReport } from './report.js'
import type { World } from './world.js'

/**
 * Bring one target after the other up to date.
 *
 * @param maps of each target: where its datasets go, by source
 * @throws Z3Error why the only target could not be looked at
 */
export async function replicateToAll(
  source: Source,
  opened: readonly Opened[],
  maps: readonly ReadonlyMap<string, string>[],
  selection: readonly Selection[],
  world: World,
): Promise<readonly TargetReport[]> {
  const { options, log, now } = world
  const needs = new Needs(options, now)
  for (const [index, { target }] of opened.entries()) {
    if (!target) needs.addUnknown()
    else if (opened.length > 1) {
      for (const dataset of source.datasets) {
        needs.update(dataset, target, maps[index]?.get(dataset.name) ?? '')
      }
    }
  }
  const reports: TargetReport[] = []
  for (const [index, { place, target, error }] of opened.entries()) {
    if (error) {
      if (opened.length === 1) throw error
      log.error(error.message, error.hint)
      reports.push({ place, error, datasets: source.datasets.map(failed) })
      continue
    }
    if (!target) continue
    log.title(options.send ? 'Sending and thinning' : 'Thinning')
    const datasets = await replicateAll(
      source,
      target,
      maps[index] ?? new Map(),
      leftOut(selection, place, options.strip),
      needs,
      world,
    )
    reports.push({ place, datasets })

    function failed({ name }: Source['datasets'][number]): DatasetReport {
      return {
        source: name,
        target: maps[index]?.get(name),
        received: [],
        destroyed: [],
        error,
      }
    }
  }
  return reports
}

/** Where that is which is selected, and left out of this run only. */
function leftOut(
  selection: readonly Selection[],
  { dataset: path }: Place,
  strip: number,
): ReadonlySet<string> {
  const names = selection
    .filter(({ selected, excluded }) => !selected && excluded)
    .map(({ dataset }) => dataset)
    .filter((name) => name.split('/').length >= strip)
  return new Set(
    // two that are left out may well have the same place
    names.flatMap((name) => [...mapTargets([name], path, strip).values()]),
  )
}
