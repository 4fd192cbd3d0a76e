import { flagValues, usageError } from '@z3/cli'
import {
  formatValue,
  optionOf,
  parseBucket,
  type FlagKey,
  type Flags,
  type Settings,
} from '@z3/config'
import { Z3Error } from '@z3/core'
import { KEY_PLACES, SCHEDULES } from './answers.js'
import type { KeyPlace, Schedule, TimeOfDay } from './answers.js'
import type { Prompter } from './prompt.js'
import { parseTime } from './time-of-day.js'
import { readKey, trialConfig } from './try-store.js'

/** What the command line says, checked one by one. */
export interface Given {
  readonly flags: Flags
  readonly settings: Settings
  /** Whether a flag has set it, and not its default. */
  readonly has: (key: FlagKey) => boolean
  readonly keyPlace: KeyPlace | undefined
  /** `--keys` */
  readonly keysFile: string | undefined
  readonly schedule: Schedule | undefined
  /** `--at` */
  readonly time: TimeOfDay | undefined
  readonly datasets: readonly string[]
  readonly select: string | undefined
}

/** The arguments of z3 init that are no settings. */
export interface InitArguments extends Readonly<Record<string, unknown>> {
  readonly credentials?: string | undefined
  readonly keys?: string | undefined
  readonly schedule?: string | undefined
  readonly at?: string | undefined
  readonly select?: string | undefined
  readonly operands: readonly string[]
}

/** @throws Z3Error `usage` for a bad flag */
export async function readGiven(args: InitArguments): Promise<Given> {
  const flags = flagValues(args)
  const { settings, sources } = await trialConfig(flags, {}, undefined)
  return {
    flags,
    settings,
    has: (key) => sources[key].kind === 'flag',
    keyPlace: KEY_PLACES.find((one) => one === args.credentials),
    keysFile: args.keys,
    schedule: SCHEDULES.find((one) => one === args.schedule),
    time: args.at === undefined ? undefined : readTime(args.at),
    datasets: args.operands,
    select: args.select,
  }
}

const SPEC = { name: 'z3 init' }

/** @throws Z3Error `usage` */
function readTime(text: string): TimeOfDay {
  const time = parseTime(text)
  if (time) return time
  throw usageError(SPEC, `--at: '${text}' is not a time of day, such as 03:30`)
}

/**
 * Check that the flags do not contradict each other, and without a terminal that none is missing.
 *
 * @throws Z3Error `usage`, which names all missing flags
 */
export async function checkGiven(
  given: Given,
  hasTerminal: boolean,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { datasets, select, schedule, time, keyPlace, keysFile } = given
  if (select !== undefined && datasets.length > 0) {
    throw usageError(SPEC, '--select and a dataset exclude each other')
  }
  if (select !== undefined && schedule === 'systemd') {
    throw usageError(SPEC, '--schedule systemd needs datasets: a timer backs up one dataset')
  }
  if (time !== undefined && (schedule ?? (hasTerminal ? undefined : 'none')) === 'none') {
    throw usageError(SPEC, '--at needs a schedule that starts the backups')
  }
  if (keysFile !== undefined && keyPlace !== undefined && keyPlace !== 'file') {
    throw usageError(SPEC, `--keys has no meaning with --credentials ${keyPlace}`)
  }
  if (hasTerminal) return
  const { BUCKET: bucket } = given.settings
  const isDirectory = bucket !== undefined && parseBucket(bucket).kind === 'file'
  const needsKey = keyPlace === 'file' || keyPlace === 'environment'
  const missing = [
    ...(bucket === undefined ? ['--bucket'] : []),
    ...(isDirectory || keyPlace ? [] : ['--credentials']),
    ...(!isDirectory && needsKey && !(await hasKey(given, env))
      ? [
          keyPlace === 'file'
            ? '--keys (or S3_KEY_ID and S3_SECRET in the environment)'
            : 'S3_KEY_ID and S3_SECRET in the environment',
        ]
      : []),
    ...(datasets.length === 0 && select === undefined ? ['DATASET (or --select)'] : []),
    ...(given.has('SNAPSHOT_PREFIX') ? [] : ['--snapshot-prefix']),
  ]
  if (missing.length === 0) return
  throw usageError(
    SPEC,
    `standard input is no terminal, and there is no default for: ${missing.join(', ')}`,
  )
}

async function hasKey({ keyPlace, keysFile }: Given, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (keyPlace === 'file') return (await readKey(keysFile, env)) !== undefined
  // a temporary key is good enough
  return (await trialConfig({}, env, 'environment')).settings.S3_KEY_ID !== undefined
}

/**
 * A setting of the command line; on a terminal, ask for one that is not there until its value is
 * valid.
 *
 * @returns undefined: empty, or there is no terminal
 */
export async function askSetting(
  key: FlagKey,
  given: Given,
  prompter: Prompter | undefined,
  { question, fallback }: { readonly question: string; readonly fallback?: string | undefined },
): Promise<string | undefined> {
  const value = (settings: Settings) => {
    const found = settings[key]
    return found === undefined ? undefined : formatValue(optionOf(key), found)
  }
  if (given.has(key) || !prompter) return given.has(key) ? value(given.settings) : undefined
  for (;;) {
    const text = await prompter.ask(question, fallback)
    if (text === '' && key !== 'BUCKET') return undefined
    try {
      return value((await trialConfig({ [key]: text }, {}, undefined)).settings)
    } catch (error) {
      if (!(error instanceof Z3Error)) throw error
      prompter.say(error.message)
    }
  }
}
