import { prepare, printable, usageError, type Io, type Prepared } from '@z3/cli'
import { missingSetting, type LoadedConfig } from '@z3/config'
import { Z3Error } from '@z3/core'
import { openStore, type ObjectStore } from '@z3/s3'
import { zfsPath } from '@z3/zfs'
import { LOOKS_AT_ONCE } from './store/load-stored.js'
import type { StoredPlace } from './store/stored-place.js'

/** What every command on one dataset and its place in the store works with. */
export interface Context {
  /** With the sections of the dataset. */
  readonly config: LoadedConfig
  readonly dataset: string
  readonly place: StoredPlace
  readonly store: ObjectStore
  /** For the programs that are run: PATH leads to `zfs`. */
  readonly env: NodeJS.ProcessEnv
  /** Tell something on stderr, unless `--quiet`. */
  readonly say: (line: string) => void
  /** Tell something on stderr with `--verbose`. */
  readonly tell: (line: string) => void
  /** What a lock is for, beside the dataset. */
  readonly destination: string
  /** Gets what the monitoring reports; undefined: nothing is reported. */
  readonly facts: Io['facts']
}

/** The arguments that every command takes. */
export interface ContextArguments extends Readonly<Record<string, unknown>> {
  readonly config?: string | undefined
  readonly quiet?: boolean | undefined
  readonly verbose?: boolean | undefined
  readonly filesystem?: string | undefined
  readonly 'as-of'?: string | undefined
}

/**
 * The arguments with the dataset that is an operand, as if a flag had said it.
 *
 * @throws Z3Error `usage`
 */
export function withDataset<T extends ContextArguments>(args: T, dataset: string | undefined): T {
  if (dataset === undefined) return args
  const { filesystem = dataset } = args
  if (filesystem === dataset) return { ...args, filesystem }
  throw usageError(
    { name: 'z3' },
    `'${dataset}' and --filesystem ${filesystem} name different datasets`,
  )
}

/** A store and its configuration, for any number of datasets. */
export interface OpenStore {
  /** Without the sections of any dataset. */
  readonly config: LoadedConfig
  readonly env: NodeJS.ProcessEnv
  readonly say: (line: string) => void
  readonly store: ObjectStore
  /**
   * What a command on one dataset works with.
   *
   * @throws Z3Error `config`
   */
  readonly contextOf: (dataset: string) => Context
}

/**
 * Settle the configuration and open the store for one dataset.
 *
 * @param dataset in place of what the flags and the configuration say
 * @throws Z3Error `usage`, `config`
 */
export async function openContext(
  args: ContextArguments,
  io: Io,
  dataset?: string,
): Promise<Context> {
  const flags = withDataset(args, dataset)
  const prepared = await prepare('z3', flags, io)
  const { FILESYSTEM: name } = prepared.config.settings
  if (name === undefined) throw missingSetting('FILESYSTEM', prepared.config)
  checkPrefix(prepared.config.forDataset(name))
  const { contextOf } = await open(prepared, flags, io)
  return contextOf(name)
}

/**
 * Settle the configuration and open the store.
 *
 * @param program name at the start of each line on stderr
 * @throws Z3Error `usage`, `config`
 */
export async function openStoreOf(
  args: ContextArguments,
  io: Io,
  program = 'z3',
): Promise<OpenStore> {
  return open(await prepare(program, args, io), args, io, program)
}

async function open(
  { config: all, store: settings, say: print }: Prepared,
  { verbose, 'as-of': time }: ContextArguments,
  io: Io,
  program = 'z3',
): Promise<OpenStore> {
  const { bucket, ...options } = settings
  const say = (line: string) => {
    print(`${program}: ${line}`)
  }
  const asOf = time === undefined ? undefined : { time, onNote: say, signal: io.signal }
  const store = await openStore(bucket, { ...options, connections: LOOKS_AT_ONCE, asOf })
  const env = { ...io.env, PATH: zfsPath(io.env) }
  const tell = (line: string) => {
    if (verbose) io.stderr.write(`${program}: ${printable(line)}\n`)
  }
  const contextOf = (dataset: string): Context => {
    const config = all.forDataset(dataset)
    const prefix = checkPrefix(config)
    const place = { store, prefix, dataset }
    const destination = `${store.title}\n${prefix}`
    return { config, dataset, place, store, env, say, tell, destination, facts: io.facts }
  }
  return { config: all, env, say, store, contextOf }
}

function checkPrefix({ settings: { S3_PREFIX: prefix } }: LoadedConfig): string {
  if (!prefix.startsWith('-')) return prefix
  throw new Z3Error('config', `S3_PREFIX '${prefix}' begins with a hyphen`, {
    hint: 'pput would read the key as an option; choose another name.',
  })
}
