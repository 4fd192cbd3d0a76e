import { usageError } from '@z3/cli'
import { missingSetting, type LoadedConfig } from '@z3/config'
import { parsePlace, parseSshAddress, type Place } from '@z3/zfs'

/** Source and destination. */
export interface Route {
  readonly source: Place
  readonly destination: Place
}

/**
 * Read which dataset is sent where.
 *
 * @throws Z3Error `usage`, `config`, `invalid-name`
 */
export function readRoute(
  args: {
    readonly operands: readonly string[]
    readonly pull?: boolean | undefined
    readonly from?: string | undefined
    readonly to?: string | undefined
    readonly 'remote-filesystem'?: string | undefined
  },
  config: LoadedConfig,
): Route {
  const [host] = args.operands
  if (args.from !== undefined || args.to !== undefined) {
    if (host !== undefined || args.from === undefined || args.to === undefined) {
      throw usage('use --from and --to together, and without a host')
    }
    return { source: parsePlace(args.from), destination: parsePlace(args.to) }
  }
  if (host === undefined) throw usage('no host specified')
  const { FILESYSTEM: dataset } = config.settings
  if (dataset === undefined) throw missingSetting('FILESYSTEM', config)
  const here: Place = { ssh: undefined, dataset }
  const there = parsePlace(`:${args['remote-filesystem'] ?? dataset}`)
  const other: Place = { ...there, ssh: parseSshAddress(host) }
  return args.pull ? { source: other, destination: here } : { source: here, destination: other }
}

function usage(message: string) {
  return usageError({ name: 'z3-ssh-sync' }, message)
}
