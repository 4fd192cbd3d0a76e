import {
  readSshFlags,
  addToReport,
  applyLogFormat,
  flagValues,
  printable,
  progressOutput,
  sizeFlag,
  type Arguments,
  type Io,
} from '@z3/cli'
import { loadConfig } from '@z3/config'
import { EXIT, Z3Error, type Policy } from '@z3/core'
import { createTransfers, renderPipeline } from '@z3/pipeline'
import { PoolEndpoint, type LineOptions } from '@z3/replicate'
import {
  checkBuffer,
  checkReceiveOptions,
  listBelow,
  localHost,
  sshHost,
  zfsPath,
  type Host,
  type Place,
  type Run,
} from '@z3/zfs'
import { spec } from './command-line.js'
import { readRoute } from './route.js'
import { syncDataset } from './sync-dataset.js'
import { reported, syncReport, type DatasetReport } from './sync-report.js'
import type { SyncOptions, SyncWorld } from './sync-world.js'

type Args = Arguments<typeof spec.options>

/**
 * Replicate snapshots to another host, or from there.
 *
 * @returns the exit status
 */
export async function sync(args: Args, io: Io): Promise<number> {
  const config = await loadConfig({
    // --rate is a limit of its own
    flags: flagValues({ ...args, rate: undefined }),
    env: io.env,
    configFile: args.config,
  })
  applyLogFormat(config, io)
  const route = readRoute(args, config)
  // output of remote hosts and programs is made printable
  const warn = (line: string) => {
    io.stderr.write(`z3-ssh-sync: ${printable(line)}\n`)
  }
  const say = (line: string) => {
    if (!args.quiet) warn(line)
  }
  const tell = (line: string) => {
    if (args.verbose) warn(line)
  }
  for (const warning of config.warnings) warn(warning)
  const dataset = route.source.dataset
  const { settings } = config.forDataset(dataset)
  const options = readOptions(args, settings.SNAPSHOT_PREFIX)
  const when = args.progress ?? (args.quiet ? 'none' : 'auto')
  const env = { ...io.env, PATH: zfsPath(io.env) }
  const hosts: Host[] = []
  try {
    const print = (line: string): void => {
      if (args['dry-run'] || (!args.json && !args.quiet)) {
        io.stdout.write(`${printable(line)}\n`)
      }
    }
    const open = async ({ ssh }: Place): Promise<PoolEndpoint> => {
      const host = ssh
        ? await sshHost(ssh, readSshFlags(args), { env, signal: io.signal })
        : localHost({ env, signal: io.signal })
      hosts.push(host)
      const show: Run = (words) => {
        print(renderPipeline(host.shown([{ file: 'zfs', args: words }])))
        return Promise.resolve('')
      }
      return new PoolEndpoint(host, args['dry-run'] ? { change: show } : {})
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
              progress: progressOutput(when, io, 'z3-ssh-sync', settings.PV === 'yes'),
              status: io.status,
              verbose: args.verbose === true,
              say: warn,
              tell,
            },
            // sizes are known only when each dataset is read
            undefined,
          ),
      print,
      say,
      warn,
    }
    return await syncAll(args, route, options, world, io)
  } finally {
    for (const host of hosts) await host.close()
  }
}

async function syncAll(
  args: Args,
  { source, destination }: { readonly source: Place; readonly destination: Place },
  options: SyncOptions,
  world: SyncWorld,
  io: Io,
): Promise<number> {
  const below = args.recursive ? await listBelow(world.source.read, source.dataset) : []
  const reports: DatasetReport[] = []
  io.facts?.count('failedDatasets', 0)
  for (const from of [source.dataset, ...below]) {
    const to = `${destination.dataset}${from.slice(source.dataset.length)}`
    const report = await syncDataset(from, to, options, world)
    const { error } = report
    reports.push(report)
    if (error === undefined) continue
    io.facts?.count('failedDatasets', 1)
    // with --recursive, the other datasets continue
    const { aborted } = io.signal
    if (!(error instanceof Z3Error) || !args.recursive || aborted) {
      addToReport(aborted ? io.signal.reason : error, {
        datasets: reports.map(reported),
      })
      io.signal.throwIfAborted()
      throw error as Error
    }
    world.warn(`${from}: ${error.message}`)
    if (error.hint !== undefined) {
      io.stderr.write(`hint: ${printable(error.hint)}\n`)
    }
  }
  return conclude(args, reports, world, io)
}

/** Print the result. A dry run has already printed its commands. */
function conclude(args: Args, reports: readonly DatasetReport[], world: SyncWorld, io: Io): number {
  const failed = reports.flatMap(({ error }) => (error instanceof Z3Error ? [error] : []))
  if (args.json) {
    if (!args['dry-run'] || failed.length > 0) {
      io.stdout.write(`${JSON.stringify(syncReport(reports))}\n`)
    }
  } else if (reports.every(({ upToDate }) => upToDate) && !args.quiet) {
    // the original z3's line
    io.stdout.write('Nothing to do here.\n')
  }
  if (failed.length === 0) return EXIT.ok
  world.warn(`${String(failed.length)} of ${String(reports.length)} datasets failed`)
  return failed[0]?.exitStatus ?? EXIT.failed
}

function readOptions(args: Args, prefix: string): SyncOptions {
  const receive = [...words('-o', args['set-property']), ...words('-x', args['exclude-property'])]
  checkReceiveOptions(receive)
  return {
    raw: args.raw,
    'large-block': args['large-block'],
    embed: args.embed,
    compressed: args.compressed,
    prefix,
    snapshot: args.snapshot,
    policy: readPolicy(args),
    createParents: args['create-parents'] === true,
    mount: args.mount === true,
    receive,
    line: readLine(args),
  }
}

/** How a dataset is replicated. */
function readPolicy(args: Args): Policy {
  const { step, rollback, history, 'only-matching': onlyMatching } = args
  return {
    first: history ? 'oldest' : 'newest',
    versions: onlyMatching ? 'matching' : 'all',
    onLoss: args['force-replace'] ? 'replace' : rollback ? 'rollback' : 'refuse',
    stream: step || onlyMatching ? 'each' : 'between',
    keep: args['keep-common'],
  }
}

/**
 * Read the filters between the hosts.
 *
 * @throws Z3Error `usage`
 */
function readLine({ compress, buffer, rate }: Args): LineOptions {
  const bytes = rate === undefined ? undefined : sizeFlag('--rate', rate)
  if (bytes === 0) {
    throw new Z3Error('usage', '--rate 0 would send nothing', {
      hint: 'Specify bytes per second, such as 10M.',
    })
  }
  const memory = sizeFlag('--buffer', buffer)
  if (memory > 0) checkBuffer(memory)
  return {
    compress,
    buffer: memory > 0 ? { memory, at: 'target-if-installed' } : undefined,
    rate: bytes === undefined ? undefined : { bytes, at: 'here' },
  }
}

function words(option: string, given: string | readonly string[] | undefined): readonly string[] {
  return [given ?? []].flat().flatMap((value) => [option, value])
}
