import { version, type Arguments, type Io } from '@z3/cli'
import { formatSnapshotName, Z3Error, type Selection } from '@z3/core'
import type { Place } from '@z3/zfs'
import type { Options } from './command-line.js'
import { createWorld } from './create-world.js'
import { chooseLine } from './line.js'
import { mapTargets } from './map-targets.js'
import { Needs } from './needs.js'
import { Hosts } from './open-hosts.js'
import { readOptions } from './options.js'
import { readSource, type Source } from './read-source.js'
import { readTarget, type Target } from './read-target.js'
import { replicateAll } from './replicate-all.js'
import { reportOf, type DatasetReport, type TargetReport } from './report.js'
import { select } from './select.js'
import { tellSettings } from './settings-summary.js'
import { openSide, type Counts, type Side } from './side.js'
import { snapshotAll } from './take-snapshots.js'
import { thinSource } from './thin-source.js'
import type { World } from './world.js'

/** A run and its hosts. */
interface Run {
  readonly world: World
  readonly open: (label: string, place: Place['target']) => Promise<Side>
  readonly counts: Counts
}

/** A target, or why there is none. */
interface Opened {
  readonly place: Place
  readonly target: Target | undefined
  readonly error: Z3Error | undefined
}

/**
 * Run a backup: select, snapshot, replicate and thin.
 *
 * @returns how many datasets failed
 * @throws Z3Error when nothing could be done
 */
export async function autobackup(
  args: Arguments<Options>,
  io: Io,
): Promise<number> {
  const options = readOptions(args)
  const world = createWorld(args, options, io)
  const { log, env, signal } = world
  log.verbose(`z3-autobackup ${version}`)
  tellSettings(options, log)
  const hosts = new Hosts(options.sshConfig, { env, signal })
  const counts: Counts = { zfs: 0 }
  const open: Run['open'] = async (label, target) =>
    openSide(label, await hosts.open(target), {
      log,
      counts,
      test: options.test,
      showAnswers: args['debug-output'] === true,
    })
  try {
    const { snapshots, targets } = await backUp({ world, open, counts })
    const failed = targets
      .flatMap(({ datasets }) => datasets)
      .filter(({ error }) => error !== undefined).length
    tellEnd(failed, world)
    if (args.json) {
      const [name = ''] = args.operands
      const report = reportOf(name, snapshots, targets, failed, counts.zfs)
      io.stdout.write(`${JSON.stringify(report)}\n`)
    }
    return failed
  } finally {
    await hosts.close()
  }
}

async function backUp(run: Run): Promise<{
  readonly snapshots: readonly string[]
  readonly targets: readonly TargetReport[]
}> {
  const { world, open } = run
  const { options, log } = world
  const side = await open('[Source]', options.source)
  log.title('Selecting')
  const selection = await select(side, world)
  const selected = selection.filter((one) => one.selected)
  const names = selected.map(({ dataset }) => dataset)
  const maps = options.targets.map(({ dataset }) =>
    mapTargets(names, dataset, options.strip),
  )
  const opened = await openTargets(side, run)
  const taken = options.snapshot.take
    ? await takeAll(side, selected, world)
    : []
  const source = await readSource(
    side,
    selected,
    options.test ? taken : [],
    options.names.isOurs,
  )
  const targets =
    opened.length === 0
      ? [{ place: undefined, datasets: await thinAll(source, world) }]
      : await replicateToAll(source, opened, maps, selection, world)
  return {
    snapshots: options.test ? [] : taken.map(formatSnapshotName),
    targets,
  }
}

async function takeAll(
  side: Side,
  selected: readonly Selection[],
  world: World,
): ReturnType<typeof snapshotAll> {
  world.log.title('Snapshotting')
  return snapshotAll(side, selected, world)
}

/**
 * Look at all targets before anything is changed. A host that cannot be reached
 * is no reason to take no snapshots; a target that is not there is one, when it
 * is the only one.
 */
async function openTargets(
  source: Side,
  { world, open }: Run,
): Promise<readonly Opened[]> {
  const { options } = world
  const several = options.targets.length > 1
  const opened: Opened[] = []
  for (const [index, place] of options.targets.entries()) {
    const label = several ? `[Target ${String(index + 1)}]` : '[Target]'
    try {
      const side = await open(label, place.target)
      const target = await readTarget(side, place.dataset, options.names.isOurs)
      // a filter that is missing fails no dataset: nothing has begun yet
      if (options.send) await chooseLine(options.line, source.host, side.host)
      opened.push({ place, target, error: undefined })
    } catch (error) {
      world.signal.throwIfAborted()
      if (!(error instanceof Z3Error)) throw error
      if (!several && error.code !== 'ssh-failed') throw error
      opened.push({ place, target: undefined, error })
    }
  }
  return opened
}

async function thinAll(
  source: Source,
  world: World,
): Promise<readonly DatasetReport[]> {
  world.log.title('Thinning source')
  const reports: DatasetReport[] = []
  for (const dataset of source.datasets) {
    const report = { source: dataset.name, target: undefined, received: [] }
    try {
      const destroyed = await thinSource(dataset, source, world)
      reports.push({ ...report, destroyed })
    } catch (error) {
      world.signal.throwIfAborted()
      if (!(error instanceof Z3Error) || world.stopsAtFirst) throw error
      world.log.error(
        `${source.side.label} ${dataset.name}: ${error.message}`,
        error.hint,
      )
      reports.push({ ...report, destroyed: [], error })
    }
  }
  return reports
}

async function replicateToAll(
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

function tellEnd(failed: number, { options, log }: World): void {
  if (failed > 0) {
    log.error(
      `${String(failed)} ${failed === 1 ? 'dataset' : 'datasets'} failed!`,
    )
    return
  }
  if (options.test) {
    log.title(
      'All operations completed successfully (test mode: nothing was changed)',
    )
  } else log.title('All operations completed successfully')
  if (options.targets.length === 0) {
    log.verbose('(No target_path specified, only operated as snapshot tool.)')
  }
}
