import { printable } from '@z3/cli'
import { diffVersions, findNamesakes, formatSnapshotName, Z3Error } from '@z3/core'
import type { SnapshotFacts } from '@z3/zfs'
import {
  datasetOf,
  openTargets,
  readSource,
  type OpenedTarget,
  type SelectedDatasets,
} from '../datasets.js'
import { mapTargets } from '../options/targets.js'
import { notTried } from '../replicate/replicate-all.js'
import { attemptDataset, type DatasetReport, type Done, type TargetReport } from '../report.js'
import { select } from '../select.js'
import type { Open, World } from '../world.js'
import { compareContents } from './compare-contents.js'

/**
 * Instead of a backup: compare each selected dataset with its copies, and change nothing.
 *
 * @throws Z3Error if nothing could be compared
 */
export async function verifyCopies(world: World, open: Open): Promise<Done> {
  const { options, log } = world
  const side = await open('[Source]', options.source)
  const selected = (await select(side, world)).filter((one) => one.selected)
  const names = selected.map(({ dataset }) => dataset)
  const maps = options.targets.map(({ dataset }) => mapTargets(names, dataset, options.strip))
  const opened = await openTargets(side, world, open)
  const source = await readSource(side, selected, [], world)
  const targets: TargetReport[] = []
  for (const [index, { place, target, error }] of opened.entries()) {
    const copyOf = (name: string): string => maps[index]?.get(name) ?? ''
    if (!target) {
      if (!error || opened.length === 1) throw error ?? new Error('a target without a result')
      log.error(error.message, error.hint)
      const datasets = source.names.map((name) => notTried(name, copyOf(name), error))
      targets.push({ place, error, datasets })
      continue
    }
    const datasets: DatasetReport[] = []
    for (const name of source.names) {
      datasets.push(await verifyOne(name, copyOf(name), source, target, world))
    }
    targets.push({ place, datasets })
  }
  return { snapshots: [], errors: [], targets }
}

async function verifyOne(
  name: string,
  to: string,
  source: SelectedDatasets,
  target: OpenedTarget,
  world: World,
): Promise<DatasetReport> {
  const title = `${target.side.label} ${to}`
  let verified: Verified | undefined
  const { report } = await attemptDataset(world, title, { source: name, target: to }, async () => {
    verified = compareVersions(name, to, source, target, world)
    const { common, copy, behind } = verified
    if (world.options.verify === 'data') {
      await compareContents(source.side.host, common, target.side.host, copy, world)
    }
    if (world.isJson) return
    const age = ageOf(world.now - common.created)
    const distance = behind === 1 ? '1 snapshot behind' : `${String(behind)} snapshots behind`
    const line = `ok: ${name} -> ${to}: @${copy.snapshot}, ${age} old, ${distance}`
    world.io.stdout.write(`${printable(line)}\n`)
  })
  if (!verified) return report
  const { common, copy, behind } = verified
  return {
    ...report,
    common: {
      source: formatSnapshotName(common),
      target: formatSnapshotName(copy),
      created: common.created,
      behind,
    },
  }
}

interface Verified {
  /** The newest common snapshot, on both sides. */
  readonly common: SnapshotFacts
  readonly copy: SnapshotFacts
  /** Number of newer snapshots of this backup at the source. */
  readonly behind: number
}

/**
 * Find the newest common snapshot by guid: ZFS gives the same one only to the received stream of a
 * snapshot.
 *
 * @throws Z3Error `no-such-dataset`, `no-common-snapshot`, `snapshot-conflict`
 */
function compareVersions(
  name: string,
  to: string,
  source: SelectedDatasets,
  target: OpenedTarget,
  { options }: World,
): Verified {
  const { snapshots } = datasetOf(source, name)
  const there = target.side.find(to)
  if (!there) {
    throw new Z3Error('no-such-dataset', `missing: ${name} has no copy ${to}`, {
      hint: 'Run z3-autobackup without --verify.',
    })
  }
  const { common, missing } = diffVersions({ snapshots, bookmarks: [] }, there.snapshots)
  const [namesake] = findNamesakes(snapshots, there.snapshots)
  if (namesake) {
    throw new Z3Error(
      'snapshot-conflict',
      `differs: ${formatSnapshotName(namesake.source)} and ${formatSnapshotName(namesake.target)} are different snapshots (guid)`,
      { hint: 'The copy was not received from this dataset, or was changed since.' },
    )
  }
  if (!common || !('snapshot' in common.source)) {
    throw new Z3Error('no-common-snapshot', `no common snapshot: ${name} and ${to}`, {
      hint: 'The copy cannot be continued by an incremental stream, unless a bookmark is common.',
    })
  }
  const wanted = missing.filter(
    ({ snapshot }) => options.policy.versions === 'all' || options.names.isOurs(snapshot),
  )
  return { common: common.source, copy: common.target, behind: wanted.length }
}

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400

/** @param seconds */
function ageOf(seconds: number): string {
  if (seconds < HOUR) return `${String(Math.max(0, Math.trunc(seconds / MINUTE)))}min`
  return seconds < 2 * DAY
    ? `${String(Math.trunc(seconds / HOUR))}h`
    : `${String(Math.trunc(seconds / DAY))}d`
}
