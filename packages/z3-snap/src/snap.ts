import { addToReport, printable, readSshFlags, type Arguments, type Io } from '@z3/cli'
import { EXIT, formatSnapshotName, type SnapshotName, type Z3Error } from '@z3/core'
import { applySnapshots, checkSnapshots, localHost, sshHost, zfsPath, type Host } from '@z3/zfs'
import { commandsOf } from './commands-of.js'
import { spec } from './command-line.js'
import { plan, type SnapPlan } from './plan.js'
import { readOptions, type SnapOptions } from './read-options.js'
import { report } from './report.js'

type Args = Arguments<typeof spec.options>

/**
 * Take snapshots of the datasets that a property selects.
 *
 * @returns the exit status
 */
export async function snap(args: Args, io: Io): Promise<number> {
  const options = readOptions(args)
  const ssh = readSshFlags(args)
  const here = {
    env: { ...io.env, PATH: zfsPath(io.env) },
    signal: io.signal,
  }
  const host = options.source ? await sshHost(options.source, ssh, here) : localHost(here)
  try {
    return await snapOn(host, args, options, io)
  } finally {
    await host.close()
  }
}

async function snapOn(host: Host, args: Args, options: SnapOptions, io: Io): Promise<number> {
  const planned = await plan(host, options)
  tell(args, planned, io)
  for (const { names } of planned.pools) {
    checkSnapshots(host.run, names, options.properties)
  }
  if (args['dry-run']) {
    const commands = commandsOf(planned, options, host)
    if (args.json) {
      const shown = { ...report(planned, [], []), dryRun: true, commands }
      io.stdout.write(`${JSON.stringify(shown)}\n`)
    } else for (const line of commands) io.stdout.write(`${line}\n`)
    return EXIT.ok
  }
  return take(args, options, planned, host, io)
}

/** Report the selection with its reasons, and anything unexpected. */
function tell(args: Args, planned: SnapPlan, io: Io): void {
  const say = (line: string) => {
    if (!args.quiet) io.stderr.write(`z3-snap: ${printable(line)}\n`)
  }
  const { selection, gone, unchanged, pools, snapshot } = planned
  if (args.verbose) {
    for (const { dataset, reason } of selection) say(`${dataset}: ${reason}`)
    for (const { dataset, reason } of unchanged) say(`${dataset}: ${reason}`)
    for (const { pool } of pools) {
      say(`Creating snapshots ${snapshot} in pool ${pool}`)
    }
  }
  for (const dataset of gone) say(`${dataset}: was destroyed in the meantime`)
  if (selection.every(({ selected }) => !selected)) {
    say(`no dataset is selected, ${String(selection.length)} are ignored`)
  }
}

async function take(
  args: Args,
  { properties, pre, post }: SnapOptions,
  planned: SnapPlan,
  host: Host,
  io: Io,
): Promise<number> {
  const taken: SnapshotName[] = []
  const failures: Z3Error[] = []
  const hear = (line: string) => {
    if (args.verbose) io.stderr.write(`z3-snap: ${printable(line)}\n`)
  }
  try {
    // without snapshots, the pre- and post-snapshot commands do not run
    if (planned.pools.length > 0) {
      await applySnapshots(host, planned.pools, {
        env: io.env,
        signal: io.signal,
        properties,
        pre,
        post,
        onLine: hear,
        onTaken: ({ names }) => {
          taken.push(...names)
          if (args.json || args.quiet) return
          for (const name of names) {
            io.stdout.write(`${formatSnapshotName(name)}\n`)
          }
        },
        onFailure: (error) => {
          failures.push(error)
          io.stderr.write(`z3-snap: ${printable(error.message)}\n`)
          if (error.hint !== undefined) {
            io.stderr.write(`hint: ${printable(error.hint)}\n`)
          }
        },
      })
    }
  } catch (error) {
    addToReport(error, { taken: taken.map(formatSnapshotName) })
    throw error
  }
  if (args.json) {
    io.stdout.write(`${JSON.stringify(report(planned, taken, failures))}\n`)
  }
  const [failure, ...others] = failures
  if (!failure) return EXIT.ok
  // some snapshots exist, so the status of a single failure would be misleading
  return taken.length === 0 && others.length === 0 ? failure.exitStatus : EXIT.failed
}
