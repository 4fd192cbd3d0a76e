import { OPTIONS, STORE_KEYS, TABLE, TRANSFER_KEYS, type FlagKey, type Flags } from '@z3/config'

/**
 * Flag names of rows of the option table, each with its yargs option: a text,
 * which the configuration checks.
 */
type FlagOptions<K extends FlagKey> = {
  readonly [P in K as (typeof TABLE)[P]['flag']]: {
    readonly type: 'string'
    readonly requiresArg: true
    readonly alias: string[]
    readonly describe: string
    readonly value: string
    readonly env: string
    readonly group: string
  }
}

/**
 * The yargs options of rows of the option table, so that help says what the
 * table says.
 */
export function optionFlags<K extends FlagKey>(...keys: readonly K[]): FlagOptions<K> {
  const options = keys.map((key) => {
    const { flag, flagAliases, description, metavar } = TABLE[key]
    const env: readonly string[] = TABLE[key].env
    const option = {
      type: 'string' as const,
      requiresArg: true as const,
      alias: [...flagAliases],
      describe: description.replace(/\.$/, ''),
      value: metavar,
      // z3's name where it counts
      env: env.includes(key) ? key : (env[0] ?? ''),
      group: groupOf(key),
    }
    return [flag, option] as const
  })
  // the keys of the object are the flags of the rows that were asked for
  return Object.fromEntries(options) as FlagOptions<K>
}

const STREAM: readonly FlagKey[] = [
  'COMPRESSOR',
  'ENCRYPTOR',
  'GPG_RECIPIENT',
  'AGE_RECIPIENTS',
  'AGE_RECIPIENTS_FILE',
  'AGE_IDENTITY',
]
const SPEED: readonly FlagKey[] = ['CONCURRENCY', 'CHUNK_SIZE', 'MAX_MEMORY']
const NETWORK: readonly FlagKey[] = [
  'CONNECT_TIMEOUT',
  'ANSWER_TIMEOUT',
  'COMPLETE_TIMEOUT',
  'MAX_RETRIES',
  'RETRY_FOR',
]

/** The heading of an option in help. */
function groupOf(key: FlagKey): string {
  if (key === 'FILESYSTEM' || key === 'SNAPSHOT_PREFIX') return 'Selection'
  if (STREAM.includes(key)) return 'Compression and encryption'
  if (SPEED.includes(key)) return 'Speed and memory'
  return NETWORK.includes(key) ? 'Time-outs and retries' : 'Store'
}

/** The options that say which store is meant, and how it is reached. */
export const storeOptions = optionFlags(...STORE_KEYS)

/** The options that bound a transfer. */
export const limitOptions = optionFlags(...TRANSFER_KEYS)

/** What the command line sets of the option table. */
export function flagValues(args: Readonly<Record<string, unknown>>): Flags {
  return Object.fromEntries(
    OPTIONS.filter(({ flag }) => flag !== undefined).map(({ key, flag }) => [
      key,
      args[flag ?? ''],
    ]),
  )
}
