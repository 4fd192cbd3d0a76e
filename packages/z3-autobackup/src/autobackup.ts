import { version, withLock, type Arguments, type Io } from '@z3/cli'
import { formatPlace, formatSshTarget } from '@z3/zfs'
import { backUp } from './back-up.js'
import type { Options } from './command-line.js'
import { createWorld } from './create-world.js'
import { laterWins } from './later-wins.js'
import { Hosts } from './open-hosts.js'
import { readOptions } from './options.js'
import { reportOf, type Done } from './report.js'
import { tellSettings } from './settings-summary.js'
import { openSide, type Counts, type Open } from './side.js'
import type { World } from './world.js'

/**
 * Run a backup: select, snapshot, replicate and thin.
 *
 * @param argv the words that the arguments were read from
 * @returns how many datasets failed, and of the user's commands after snapshots
 * @throws Z3Error when nothing could be done
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
  tellEnd(failed, done.errors.length, world)
  if (args.json) {
    const report = reportOf(options.name, done, failed, counts.zfs)
    io.stdout.write(`${JSON.stringify(report)}\n`)
  }
  return failed + done.errors.length
}

/**
 * Run something that no second run of the same backup, source and targets does
 * at the same time on this host.
 *
 * @throws Z3Error `locked`
 */
function alone<T>(
  { options, log, signal }: World,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (options.test) return action(signal)
  const { name, source, targets } = options
  const from = source ? ` of ${formatSshTarget(source)}` : ''
  return withLock(
    {
      dataset: `backup '${name}'${from}`,
      destination: targets.map(formatPlace).join('\n'),
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
    return await backUp(world, open)
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
  if (options.targets.length === 0) {
    log.verbose('(No target_path specified, only operated as snapshot tool.)')
  }
}
