import {
  readSshFlags,
  runCommand,
  flagValues,
  type Arguments,
  type Io,
} from '@z3/cli'
import { loadConfig } from '@z3/config'
import { EXIT, Z3Error } from '@z3/core'
import { createTransfers } from '@z3/pipeline'
import {
  checkReceiveOptions,
  listBelow,
  localHost,
  sshHost,
  zfsPath,
  type Host,
  type Place,
} from '@z3/zfs'
import { spec } from './command-line.js'
import { readLineOptions } from './line.js'
import { readRoute } from './route.js'
import { syncDataset } from './sync-dataset.js'
import type { SyncOptions, SyncResult, SyncWorld } from './sync-world.js'

type Args = Arguments<typeof spec.options>

/**
 * z3-ssh-sync: snapshots to another host, or from there.
 *
 * @param argv without the program's name
 * @returns the exit status
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  if (argv[0] === 'serve') {
    const serve = await import('./serve/command.js')
    return runCommand(serve.spec, argv.slice(1), io, (args) =>
      serve.action(args, io),
    )
  }
  return runCommand(spec, argv, io, (args) => sync(args, io))
}

async function sync(args: Args, io: Io): Promise<number> {
  const config = await loadConfig({
    flags: flagValues(args),
    env: io.env,
    configFile: args.config,
  })
  const route = readRoute(args, config)
  const say = (line: string) => {
    if (!args.quiet) io.stderr.write(`z3-ssh-sync: ${line}\n`)
  }
  const tell = (line: string) => {
    if (args.verbose) io.stderr.write(`z3-ssh-sync: ${line}\n`)
  }
  for (const warning of config.warnings) say(warning)
  const dataset = route.source.dataset
  const options = readOptions(
    args,
    config.forDataset(dataset).settings.SNAPSHOT_PREFIX,
  )
  const env = { ...io.env, PATH: zfsPath(io.env) }
  const hosts: Host[] = []
  try {
    const open = async ({ target }: Place): Promise<Host> => {
      const host = target
        ? await sshHost(target, readSshFlags(args), { env, signal: io.signal })
        : localHost({ env, signal: io.signal })
      hosts.push(host)
      return host
    }
    const world: SyncWorld = {
      here: localHost({ env, signal: io.signal }),
      source: await open(route.source),
      destination: await open(route.destination),
      signal: io.signal,
      transfers: args['dry-run']
        ? undefined
        : createTransfers(
            {
              env,
              isTerminal: io.isTerminal(2),
              progress: args.progress === true,
              quiet: args.quiet === true,
              verbose: args.verbose === true,
              say,
              tell,
            },
            [undefined],
          ),
      print: (line) => {
        if (args['dry-run'] || (!args.json && !args.quiet)) {
          io.stdout.write(`${line}\n`)
        }
      },
      say,
    }
    return await syncAll(args, route, options, world, io)
  } finally {
    for (const host of hosts) await host.close()
  }
}

/** A dataset that failed, among others that did not. */
interface Failure {
  readonly source: string
  readonly destination: string
  readonly error: Z3Error
}

async function syncAll(
  args: Args,
  {
    source,
    destination,
  }: { readonly source: Place; readonly destination: Place },
  options: SyncOptions,
  world: SyncWorld,
  io: Io,
): Promise<number> {
  const below = args.recursive
    ? await listBelow(world.source.run, source.dataset)
    : []
  const results: SyncResult[] = []
  const failures: Failure[] = []
  for (const from of [source.dataset, ...below]) {
    const to = `${destination.dataset}${from.slice(source.dataset.length)}`
    try {
      results.push(await syncDataset(from, to, options, world))
    } catch (error) {
      // a run of one dataset fails as such; of many, the others go on
      if (!(error instanceof Z3Error) || !args.recursive) throw error
      io.signal.throwIfAborted()
      failures.push({ source: from, destination: to, error })
      io.stderr.write(`z3-ssh-sync: ${from}: ${error.message}\n`)
      if (error.hint !== undefined) io.stderr.write(`hint: ${error.hint}\n`)
    }
  }
  if (args.json)
    io.stdout.write(`${JSON.stringify(report(results, failures))}\n`)
  else if (failures.length === 0 && results.every(({ upToDate }) => upToDate)) {
    // z3's words
    if (!args.quiet) io.stdout.write('Nothing to do here.\n')
  }
  if (failures.length === 0) return EXIT.ok
  world.say(
    `${String(failures.length)} of ${String(below.length + 1)} datasets failed`,
  )
  return failures[0]?.error.exitStatus ?? EXIT.failed
}

function report(
  results: readonly SyncResult[],
  failures: readonly Failure[],
): object {
  return {
    status: failures.length === 0 ? 'success' : 'error',
    datasets: [
      ...results.map(({ upToDate, ...result }) => ({
        ...result,
        result: upToDate ? 'up-to-date' : 'synced',
      })),
      ...failures.map(({ error, ...failure }) => ({
        ...failure,
        result: 'failed',
        code: error.code,
        message: error.message,
        hint: error.hint,
      })),
    ],
  }
}

function readOptions(args: Args, prefix: string): SyncOptions {
  const receive = [
    ...words('-o', args['set-property']),
    ...words('-x', args['exclude-property']),
  ]
  checkReceiveOptions(receive)
  return {
    raw: args.raw,
    'large-block': args['large-block'],
    embed: args.embed,
    compressed: args.compressed,
    prefix,
    snapshot: args.snapshot,
    step: args.step === true,
    onlyMatching: args['only-matching'] === true,
    history: args.history === true,
    rollback: args.rollback === true,
    createParents: args['create-parents'] === true,
    keep: args['keep-common'],
    mount: args.mount === true,
    receive,
    line: readLineOptions(args),
  }
}

function words(
  option: string,
  given: string | readonly string[] | undefined,
): readonly string[] {
  return [given ?? []].flat().flatMap((value) => [option, value])
}
