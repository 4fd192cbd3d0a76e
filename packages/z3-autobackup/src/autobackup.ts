import { version, withLock, type Arguments, type Io } from '@z3/cli'
import { describeSchedule, type Schedule } from '@z3/core'
import { formatPlace, formatSshAddress, type Place, type SshAddress } from '@z3/zfs'
import { backUp } from './back-up.js'
import type { Options } from './options/command-line.js'
import { laterWins } from './options/later-wins.js'
import type { Log } from './log.js'
import { readOptions, type AutobackupOptions } from './options/options.js'
import { reportOf, type Done } from './report.js'
import { verifyCopies } from './verify/verify-copies.js'
import { createWorld, Hosts, openSide, type Counts, type Open, type World } from './world.js'

/**
 * Run a backup: select, snapshot, replicate and thin.
 *
 * @param argv the words that the arguments were parsed from
 * @returns the number of failed datasets and post-snapshot commands
 * @throws Z3Error if nothing could be done
 */
export async function autobackup(
  given: Arguments<Options>,
  argv: readonly string[],
  io: Io,
): Promise<number> {
  const { args, notes } = laterWins(given, argv)
  const options = readOptions(args)
  const world = createWorld(args, options, io)
  const { log } = world
  log.verbose(`z3-autobackup ${version}`)
  for (const note of notes) log.note(note)
  if (args.resume) {
    log.verbose('--resume is not needed: interrupted transfers are resumed')
  }
  tellSettings(options, log)
  const counts: Counts = { zfs: 0 }
  const done = await alone(world, (signal) =>
    onHosts({ ...world, signal }, counts, args['debug-output'] === true),
  )
  const failed = done.targets
    .flatMap(({ datasets }) => datasets)
    .filter(({ error }) => error !== undefined).length
  io.facts?.count('failedDatasets', failed)
  tellEnd(failed, done.errors.length, world)
  if (args.json) {
    const report = reportOf(options.name, done, failed, counts.zfs)
    io.stdout.write(`${JSON.stringify(report)}\n`)
  }
  return failed + done.errors.length
}

/**
 * Run an action while no other run of the same backup, source and targets is active on this host.
 *
 * @throws Z3Error `locked`
 */
function alone<T>(
  { options, log, signal }: World,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (options.test || options.verify) return action(signal)
  const { name, source, targets, buckets } = options
  const from = source ? ` of ${formatSshAddress(source)}` : ''
  return withLock(
    {
      dataset: `backup '${name}'${from}`,
      destination: [...targets.map(formatPlace), ...buckets.map(({ url }) => url)].join('\n'),
    },
    signal,
    (line) => {
      log.note(line)
    },
    action,
  )
}

async function onHosts(world: World, counts: Counts, showAnswers: boolean): Promise<Done> {
  const { options, log, env, signal } = world
  const hosts = new Hosts(options.sshConfig, { env, signal })
  const open: Open = async (label, target) =>
    openSide(label, await hosts.open(target), {
      log,
      counts,
      test: options.test,
      showAnswers,
    })
  try {
    return await (options.verify ? verifyCopies(world, open) : backUp(world, open))
  } finally {
    await hosts.close()
  }
}

function tellEnd(failed: number, commands: number, { options, log }: World): void {
  if (failed > 0) {
    log.error(`${String(failed)} ${failed === 1 ? 'dataset' : 'datasets'} failed!`)
  }
  if (commands > 0) {
    log.error(
      `${String(commands)} ${commands === 1 ? 'command' : 'commands'} after the snapshots failed!`,
    )
  }
  if (failed + commands > 0) return
  if (options.test) {
    log.title('All operations completed successfully (test mode: nothing was changed)')
  } else log.title('All operations completed successfully')
  if (options.targets.length + options.buckets.length === 0) {
    log.verbose('(No target_path specified, only operated as snapshot tool.)')
  }
}

/** Print the settings, in zfs-autobackup's words. */
function tellSettings(options: AutobackupOptions, log: Log): void {
  const { names, source, targets, buckets } = options
  log.title(targets.length + buckets.length > 0 ? 'Settings summary' : 'Source settings')
  for (const line of [
    whereabouts(source),
    ...schedule(options.keepSource),
    `Selects all datasets that have property '${names.property}=true' (or childs of datasets that have '${names.property}=child')`,
  ]) {
    log.verbose(`[Source] ${line}`)
  }
  for (const place of targets) {
    for (const line of targetLines(place, options)) {
      log.verbose(`[Target] ${line}`)
    }
  }
  for (const { url } of buckets) {
    log.verbose(`[Target] Store objects in: ${url}`)
    for (const line of schedule(options.keepTarget)) log.verbose(`[Target] ${line}`)
  }
}

function targetLines(
  { ssh, dataset }: Place,
  { keepTarget, destroyMissing }: AutobackupOptions,
): readonly string[] {
  return [
    whereabouts(ssh),
    ...schedule(keepTarget),
    ...(destroyMissing === undefined
      ? []
      : [
          `Destroy datasets that no longer exist at the source ${String(destroyMissing)} seconds after their last snapshot.`,
        ]),
    `Receive datasets under: ${dataset}`,
  ]
}

function whereabouts(ssh: SshAddress | undefined): string {
  return ssh ? `Datasets on: ${formatSshAddress(ssh)}` : 'Datasets are local'
}

function schedule(keep: Schedule | undefined): readonly string[] {
  return keep ? describeSchedule(keep) : ['Nothing is thinned.']
}
