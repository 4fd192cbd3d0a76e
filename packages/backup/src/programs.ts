import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { progressOutput, type Io } from '@z3/cli'
import {
  formatValue,
  optionOf,
  STORE_KEYS,
  TRANSFER_KEYS,
  UPLOAD_KEYS,
  type FlagKey,
  type LoadedConfig,
} from '@z3/config'
import type { Command } from '@z3/core'
import { createTransfers, type Transfers, type Stage } from '@z3/pipeline'
import type { Context } from './context.js'

/**
 * Prepare to run pipelines as the arguments say. --quiet hides the progress, unless --progress is
 * given, too.
 *
 * @param expected bytes of each, where they are known
 */
export function openTransfers(
  args: {
    readonly progress?: string | undefined
    readonly quiet?: boolean | undefined
    readonly verbose?: boolean | undefined
  },
  io: Io,
  { config, env, say, tell }: Context,
  expected: readonly (number | undefined)[],
): Transfers {
  const pv = config.settings.PV === 'yes'
  return createTransfers(
    {
      env,
      progress: progressOutput(args.progress ?? (args.quiet ? 'none' : 'auto'), io, 'z3', pv),
      status: io.status,
      verbose: args.verbose === true,
      say,
      tell,
      launch,
    },
    expected,
  )
}

/** The toolkit's own programs that z3 runs. */
const OURS = ['pput', 'z3-get', 'zstream-verify'] as const

/** As in their bin/NAME.js: the data is not in the heap, and a small one takes less memory. */
const NODE_OPTIONS = ['--max-semi-space-size=1']

/**
 * The command that is run for one that is shown. A program of the toolkit is
 * the one that was installed with this one, run by the same Node: the PATH of
 * cron leads to neither.
 */
export function launch(command: Command): Stage {
  const program = OURS.find((name) => name === command.file)
  if (program === undefined) return command
  const script = scriptOf(program)
  return script === undefined
    ? { ...command, ours: true }
    : { file: process.execPath, args: [...NODE_OPTIONS, script, ...command.args], ours: true }
}

/** @returns undefined where it is installed apart: PATH is searched then */
function scriptOf(program: string): string | undefined {
  // z3-toolkit, one package of all programs: this is in lib/
  const sibling = fileURLToPath(new URL(`../bin/${program}.js`, import.meta.url))
  if (existsSync(sibling)) return sibling
  const require = createRequire(import.meta.url)
  try {
    const manifest = require.resolve(`${program}/package.json`)
    return join(dirname(manifest), 'bin', `${program}.js`)
  } catch {
    return undefined
  }
}

/** The settings that pput and z3-get read, too. */
const BOTH = [...STORE_KEYS, ...TRANSFER_KEYS] as const satisfies readonly FlagKey[]

/** And those that z3-get alone reads. */
const DOWNLOAD = ['S3_PREFIX', 'MANIFEST'] as const satisfies readonly FlagKey[]

/**
 * The flags by which pput or z3-get comes to the same settings as z3: it reads
 * the environment and the file itself, but sees neither z3's flags nor the
 * section of a dataset. None of them is a secret.
 *
 * @param asOf the time of a store that shows the past
 */
export function storeFlags(
  config: LoadedConfig,
  configFile: string | undefined,
  program: 'pput' | 'z3-get',
  asOf?: Date,
): readonly string[] {
  const keys: readonly FlagKey[] = [...BOTH, ...(program === 'pput' ? UPLOAD_KEYS : DOWNLOAD)]
  const settings = keys
    .filter((key) => {
      const source = config.sources[key]
      return source.kind === 'flag' || (source.kind === 'file' && source.section !== 'main')
    })
    .map(
      (key) =>
        `--${optionOf(key).flag ?? ''}=${formatValue(optionOf(key), config.settings[key] ?? '')}`,
    )
  return [
    ...(configFile === undefined ? [] : [`--config=${configFile}`]),
    ...settings,
    ...(asOf === undefined ? [] : [`--as-of=${asOf.toISOString()}`]),
  ]
}
