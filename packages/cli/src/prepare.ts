import { loadConfig, type LoadedConfig } from '@z3/config'
import type { Io } from './io.js'
import { flagValues } from './option-flags.js'
import { printable } from './printable.js'
import { storeSettings, type StoreSettings } from './store-settings.js'

/** What is settled before a program does its work. */
export interface Prepared {
  readonly config: LoadedConfig
  readonly store: StoreSettings & {
    readonly onRetry: OnRetry
    /** Read the credentials again: a file may have been rewritten. */
    readonly rereadCredentials: () => Promise<StoreSettings['credentials']>
  }
  /** Tell something on stderr, unless `--quiet` was given. */
  readonly say: (line: string) => void
}

/** Told of a request that failed and will be made again. */
type OnRetry = (event: {
  readonly doing: string
  readonly attempt: number
  /** undefined: as many as RETRY_FOR leaves time for. */
  readonly attempts: number | undefined
  readonly error: unknown
}) => void

/**
 * Read the configuration of a program that works on one store.
 *
 * @param name of the program, which begins its messages
 * @throws Z3Error `usage`, `config`
 */
export async function prepare(
  name: string,
  args: Readonly<Record<string, unknown>> & {
    readonly config?: string | undefined
    readonly quiet?: boolean | undefined
  },
  io: Io,
): Promise<Prepared> {
  const say = (line: string) => {
    if (!args.quiet) io.stderr.write(`${printable(line)}\n`)
  }
  const load = () =>
    loadConfig({
      flags: flagValues(args),
      env: io.env,
      configFile: args.config,
    })
  const config = await load()
  for (const warning of config.warnings) say(`${name}: ${warning}`)
  const onRetry: OnRetry = ({ doing, attempt, attempts, error }) => {
    const why = error instanceof Error ? error.message : String(error)
    say(
      `${name}: cannot ${doing}: attempt ${String(attempt)}${attempts === undefined ? '' : ` of ${String(attempts)}`} failed, retrying: ${why}`,
    )
  }
  const rereadCredentials = async () => storeSettings(await load()).credentials
  const store = { ...storeSettings(config), onRetry, rereadCredentials }
  return { config, store, say }
}
