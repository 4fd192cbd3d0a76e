import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  optionFlags,
  printable,
  usageError,
  version,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import { configPlaces } from '@z3/config'
import { Z3Error } from '@z3/core'
import { runZfs } from '@z3/zfs'
import { KEY_PLACES, SCHEDULES, type Answers } from '../init/answers.js'
import { settleCompressor } from '../init/ask-compressor.js'
import { settleSchedule } from '../init/ask-schedule.js'
import { settleSource } from '../init/ask-source.js'
import { settleStore } from '../init/ask-store.js'
import { finish } from '../init/finish.js'
import { askSetting, checkGiven, readGiven, type Given } from '../init/given.js'
import { openPrompter, type Prompter } from '../init/prompt.js'
import { settingsOf } from '../init/render-config.js'
import { writeConfig } from '../init/write-config.js'

const options = {
  ...optionFlags('BUCKET', 'S3_ENDPOINT', 'S3_REGION', 'S3_ADDRESSING', 'S3_CA_FILE', 'S3_PREFIX'),
  ...optionFlags('SNAPSHOT_PREFIX', 'RETENTION', 'COMPRESSOR'),
  credentials: {
    type: 'string',
    choices: KEY_PLACES,
    requiresArg: true,
    group: 'Store',
    describe: 'Where the access key is kept',
  },
  keys: {
    type: 'string',
    requiresArg: true,
    value: 'FILE',
    group: 'Store',
    describe: 'Read S3_KEY_ID and S3_SECRET from FILE (default: the environment)',
  },
  select: {
    type: 'string',
    requiresArg: true,
    value: 'PROPERTY',
    group: 'Selection',
    describe: 'Back up the datasets whose user property PROPERTY is true',
  },
  schedule: {
    type: 'string',
    choices: SCHEDULES,
    requiresArg: true,
    group: 'General',
    describe: 'What starts the backups every night (default: none)',
  },
  at: {
    type: 'string',
    requiresArg: true,
    value: 'HH:MM',
    group: 'General',
    describe: 'Time of day at which the backups start (default: 02:15)',
  },
  force: {
    type: 'boolean',
    alias: 'f',
    group: 'General',
    describe: 'Replace an existing configuration file, and keep it under another name',
  },
} as const

type Args = Arguments<typeof options>

/** z3 init's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 init',
  usage: '[options] [DATASET...]',
  description: `Write a configuration file. On a terminal, asks for what the options leave open; without a terminal, requires --bucket, --credentials, --snapshot-prefix and a DATASET or --select.

Tries every answer: lists the snapshots, and stores, reads and deletes a scratch object. --config names the file to write (default: /etc/z3_backup/z3.conf for root, else z3/z3.conf in XDG_CONFIG_HOME).`,
  options,
  common: ['bucket', 'endpoint', 'credentials', 'snapshot-prefix', 'schedule'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  examples: [
    ['$0', 'ask for everything'],
    [
      '$0 --bucket file:///mnt/usb --snapshot-prefix autosnap_ tank/data',
      'a directory, without questions',
    ],
  ],
  exitStatus: `0 written; 1 the store does not work, or the file cannot be written; 2 usage, or the file exists; 4 no such dataset, or no snapshot with the prefix; 128+n ended by signal n.`,
  version,
}

/** Run `z3 init`. */
export async function action(args: Args, io: Io): Promise<number> {
  const file = fileOf(args.config, io.env)
  const given = await readGiven(args)
  const hasTerminal = io.isTerminal(0) && io.isTerminal(2)
  await checkGiven(given, hasTerminal, io.env)
  if (args.schedule === 'systemd' && !(await isFound(file, io.env))) {
    throw usageError(
      spec,
      `the timers do not read ${file}: omit --config, or choose another schedule`,
    )
  }
  const prompter = hasTerminal ? openPrompter(io) : undefined
  try {
    const mayReplace = await mayWrite(file, args.force === true, prompter)
    const say = (line: string) => {
      io.stderr.write(`z3: ${printable(line)}\n`)
    }
    const source = await settleSource(given, prompter, runZfs(io), say)
    const store = await settleStore(given, prompter, io)
    const answers: Answers = {
      ...source,
      ...store,
      ...(await settleRest(given, prompter, io.env, say)),
    }
    const settings = settingsOf(answers, given)
    const old = await writeConfig(file, settings, mayReplace)
    const configFlag = (await isFound(file, io.env)) ? [] : ['--config', file]
    return await finish({ answers, file, old, configFlag }, io)
  } finally {
    prompter?.close()
  }
}

/** @throws Z3Error `usage` */
function fileOf(config: string | undefined, env: NodeJS.ProcessEnv): string {
  const places = configPlaces(env)
  const named = config ?? env['Z3_CONFIG']
  const usual =
    process.geteuid?.() === 0
      ? places[0]
      : places.find((place) => !place.startsWith('/etc/') && place.endsWith('.conf'))
  const file = named ? resolve(named) : usual
  if (file !== undefined) return file
  throw usageError(spec, 'HOME is not set: name the file to write with --config')
}

/** Whether the other commands find this file without --config. */
async function isFound(file: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (env['Z3_CONFIG']) return false
  const first = configPlaces(env).find((place) => place === file || existsSync(place))
  return Promise.resolve(first === file)
}

/** @throws Z3Error `usage` if the file exists and may not be replaced */
async function mayWrite(
  file: string,
  force: boolean,
  prompter: Prompter | undefined,
): Promise<boolean> {
  if (force || !existsSync(file)) return force
  if (await prompter?.confirm(`${file} exists. Replace it, and keep the old one beside it?`)) {
    return true
  }
  throw new Z3Error('usage', `${file} exists`, {
    hint: 'Nothing was written. Add --force to replace it, or name another file with --config.',
  })
}

async function settleRest(
  given: Given,
  prompter: Prompter | undefined,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Pick<Answers, 'retention' | 'compressor' | 'schedule' | 'time'>> {
  const retention = await askSetting('RETENTION', given, prompter, {
    question: 'Backups to keep, such as 10,1d1w,1w1m,1m1y (empty: all)',
  })
  const compressor = await settleCompressor(given, prompter, env, say)
  return { retention, compressor, ...(await settleSchedule(given, prompter, env)) }
}
