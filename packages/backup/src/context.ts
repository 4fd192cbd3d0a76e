import { prepare, printable, usageError, type Io } from '@z3/cli'
import { missingSetting, type LoadedConfig } from '@z3/config'
import { Z3Error } from '@z3/core'
import { openStore, type ObjectStore } from '@z3/s3'
import { zfsPath } from '@z3/zfs'
import { LOOKS_AT_ONCE, type StoredPlace } from './store/load-stored.js'

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
}

/** The arguments that every command takes. */
export interface ContextArguments extends Readonly<Record<string, unknown>> {
  readonly config?: string | undefined
  readonly quiet?: boolean | undefined
  readonly verbose?: boolean | undefined
  readonly filesystem?: string | undefined
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
  throw usageError({ name: 'z3' }, `'${dataset}' and --filesystem ${filesystem} are two datasets`)
}

/**
 * Settle the configuration and open the store.
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
  const { config: all, store: settings, say } = await prepare('z3', flags, io)
  const { FILESYSTEM: name } = all.settings
  if (name === undefined) throw missingSetting('FILESYSTEM', all)
  const config = all.forDataset(name)
  const { S3_PREFIX: prefix } = config.settings
  if (prefix.startsWith('-')) {
    throw new Z3Error('config', `S3_PREFIX '${prefix}' begins with a hyphen`, {
      hint: 'pput would read the key as an option; choose another name.',
    })
  }
  const { bucket, ...options } = settings
  const store = await openStore(bucket, {
    ...options,
    connections: LOOKS_AT_ONCE,
  })
  return {
    config,
    dataset: name,
    place: { store, prefix, dataset: name },
    store,
    env: { ...io.env, PATH: zfsPath(io.env) },
    say: (line) => {
      say(`z3: ${line}`)
    },
    tell: (line) => {
      if (args.verbose) io.stderr.write(`z3: ${printable(line)}\n`)
    },
    destination: `${store.title}\n${prefix}`,
  }
}
