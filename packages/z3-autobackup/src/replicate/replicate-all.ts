import { diffVersions, type Selection, type Z3Error } from '@z3/core'
import { formatPlace, type Place, type SnapshotFacts } from '@z3/zfs'
import type { Opened, SelectedDatasets, OpenedTarget } from '../datasets.js'
import type { Needs } from './needs.js'
import { replicateDataset } from './replicate-dataset.js'
import { attemptDataset, type DatasetReport, type TargetReport } from '../report.js'
import { mapTargets } from '../options/targets.js'
import { thinMissing } from '../thin.js'
import type { World } from '../world.js'

/** Find out what each of several targets needs of the source now. */
export function lookAtNeeds(
  source: SelectedDatasets,
  opened: readonly Opened[],
  maps: readonly ReadonlyMap<string, string>[],
  needs: Needs,
  { options: { buckets } }: World,
): void {
  for (const [index, { target }] of opened.entries()) {
    if (!target) needs.addUnknown()
    else if (opened.length + buckets.length > 1) {
      for (const name of source.names) needs.update(name, target, maps[index]?.get(name) ?? '')
    }
  }
}

/**
 * Bring one target after the other up to date.
 *
 * @param needs of all targets, including buckets
 * @param maps for each target: its datasets by source
 * @throws Z3Error if the only target cannot be used
 */
export async function replicateToAll(
  source: SelectedDatasets,
  opened: readonly Opened[],
  maps: readonly ReadonlyMap<string, string>[],
  selection: readonly Selection[],
  needs: Needs,
  world: World,
): Promise<readonly TargetReport[]> {
  const { options, log } = world
  const several = opened.length + options.buckets.length > 1
  const reports: TargetReport[] = []
  for (const [index, { place, target, error }] of opened.entries()) {
    const map = maps[index] ?? new Map<string, string>()
    if (error) {
      if (!several) throw error
      log.error(error.message, error.hint)
      const datasets = source.names.map((name) => notTried(name, map.get(name), error))
      reports.push({ place, error, datasets })
      continue
    }
    if (!target) continue
    log.title(options.send ? 'Sending and thinning' : 'Thinning')
    const present = leftOut(selection, place, options.strip)
    const datasets = await replicateAll(source, target, map, present, needs, world)
    reports.push({ place, datasets })
    noteNewest(source, target, map, place, world)
  }
  return reports
}

/**
 * Note for the monitoring the newest snapshot of each dataset that source and target have. Both
 * sides are known: this costs no command.
 */
function noteNewest(
  source: SelectedDatasets,
  { side }: OpenedTarget,
  map: ReadonlyMap<string, string>,
  place: Place,
  { options: { trustNames }, io: { facts } }: World,
): void {
  for (const name of source.names) {
    const [here, there] = [source.side.find(name), side.find(map.get(name) ?? '')]
    if (!facts || !here || !there) continue
    const { common } = diffVersions(here, there.snapshots, { trustNames })
    // without one, the target may have snapshots of another dataset, or none: unknown
    if (!common) continue
    // a clock that was wrong must not make the backup look newer; that of the run has its start
    const newestBackup = Math.min(common.target.created, Math.floor(Date.now() / 1000))
    facts.note(name, formatPlace(place), { newestBackup })
  }
}

/** Names at the target of datasets that are selected but skipped in this run. */
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
    // two skipped datasets may have the same name at the target
    names.flatMap((name) => [...mapTargets([name], path, strip).values()]),
  )
}

/** `1 more dataset was skipped` */
export function skippedLine(count: number): string {
  return `${String(count)} more ${count === 1 ? 'dataset was' : 'datasets were'} skipped`
}

/**
 * Bring all datasets of a target up to date, and thin those without a source. A failed dataset is
 * counted, and the others continue.
 *
 * @param map targets by source, of all selected datasets
 * @param present targets of datasets that are skipped in this run and still exist
 * @throws Z3Error with --debug, the first; any other error
 */
async function replicateAll(
  source: SelectedDatasets,
  target: OpenedTarget,
  map: ReadonlyMap<string, string>,
  present: ReadonlySet<string>,
  needs: Needs,
  world: World,
): Promise<readonly DatasetReport[]> {
  const reports: DatasetReport[] = []
  for (const [index, name] of source.names.entries()) {
    const to = map.get(name) ?? ''
    const names = { source: name, target: to }
    const title = `${source.side.label} ${name}`
    const { report, failure } = await attemptDataset(world, title, names, async (outcome) => {
      const isNeeded = (one: SnapshotFacts) => needs.isNeededByOthers(target, one)
      await replicateDataset({ name, to, source, target, world, isNeeded, outcome })
      needs.update(name, target, to)
    })
    reports.push(report)
    if (failure?.code !== 'ssh-failed') continue
    const left = source.names.slice(index + 1)
    if (left.length > 0) world.log.error(skippedLine(left.length))
    return [...reports, ...left.map((one) => notTried(one, map.get(one) ?? '', failure))]
  }
  const used = new Set([...map.values(), ...present])
  world.log.debug('Looking for datasets without a source')
  return [...reports, ...(await thinMissing(target, used, world))]
}

export function notTried(
  source: string,
  target: string | undefined,
  error: Z3Error,
): DatasetReport {
  return { source, target, received: [], destroyed: [], error }
}
