import { openStoreOf } from '@z3/backup'
import {
  asOfOption,
  COLORS,
  flagValues,
  usageError,
  version,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import { loadConfig } from '@z3/config'
import { globals, tableOptions } from '../command-line.js'
import { asksForNagios, checkAll, reportToNagios } from '../status/check-all.js'
import { showAll } from '../status/show-all.js'
import { showDataset } from '../status/show-dataset.js'

const options = {
  ...globals,
  ...asOfOption,
  check: {
    type: 'boolean',
    group: 'Checks',
    describe: 'Check every object with HEAD; exit 3 unless all are healthy',
  },
  'max-age': {
    type: 'string',
    requiresArg: true,
    value: 'AGE',
    group: 'Checks',
    describe: 'Exit 3 if the newest good backup is older than AGE: 26h, 2d',
  },
  nagios: {
    type: 'boolean',
    group: 'Nagios',
    describe: 'Print one line and exit as a Nagios plugin: 0, 1, 2 or 3',
  },
  all: {
    type: 'boolean',
    group: 'Selection',
    describe: 'Show all datasets that have backups under S3_PREFIX, one line each',
  },
  warning: {
    type: 'string',
    requiresArg: true,
    value: 'AGE',
    group: 'Nagios',
    describe: 'With --nagios: WARNING if a newest good backup is older (default: 26h)',
  },
  critical: {
    type: 'string',
    requiresArg: true,
    value: 'AGE',
    group: 'Nagios',
    describe: 'With --nagios: CRITICAL if a newest good backup is older (default: 50h)',
  },
  sort: {
    type: 'string',
    choices: ['time', 'name'],
    default: 'time',
    requiresArg: true,
    group: 'Output',
    describe: 'Order of the snapshots: creation time or name',
  },
  last: {
    type: 'string',
    requiresArg: true,
    value: 'N',
    group: 'Output',
    describe: 'Show only the newest N snapshots of each dataset',
  },
  wide: {
    type: 'boolean',
    group: 'Output',
    describe: 'Show all columns and whole names, however wide the table is',
  },
  color: {
    type: 'string',
    choices: COLORS,
    requiresArg: true,
    value: 'WHEN',
    group: 'Output',
    describe: 'Colour what is not ok: auto (default, on a terminal), always or never',
  },
  ...tableOptions,
  parseable: {
    type: 'boolean',
    group: 'Output',
    describe: 'Print fields separated by tabs, no header, sizes in bytes',
  },
} as const

type Args = Arguments<typeof options>

/** z3 status's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 status',
  usage: '[options] [DATASET] | --all | --nagios [DATASET...]',
  description: `List the snapshots of a dataset: backups in the bucket, whether each can be restored, and snapshots without a backup. Without a dataset, and without FILESYSTEM, or with --all: one line for each dataset that has backups.

Changes nothing. Object metadata is cached in XDG_CACHE_HOME.`,
  options,
  common: ['filesystem', 'check', 'max-age', 'json', 'parseable'],
  operands: { least: 0, most: Infinity },
  takesCommand: false,
  conflicts: [
    ['json', 'parseable'],
    ['nagios', 'json'],
    ['nagios', 'parseable'],
    ['nagios', 'max-age'],
    ['nagios', 'last'],
    ['nagios', 'wide'],
    ['all', 'filesystem'],
  ],
  onError: (error, words, io, report) =>
    asksForNagios(words) ? reportToNagios(error, io, report) : report(),
  examples: [
    ['$0 --dataset tank/data', 'list all'],
    ['$0 --all --check --max-age 26h', 'all datasets, one line each'],
    ['$0 --dataset tank/data --check --max-age 26h', 'for monitoring'],
    ['$0 --nagios --all --warning 26h --critical 50h', 'for Nagios'],
  ],
  exitStatus: `0 shown; 1 failed; 2 usage or configuration; 3 an object is not healthy, or the newest backup too old; 4 no such dataset, neither local nor in the bucket, or with --all no backups; 128+n ended by signal n. With --nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.`,
  version,
}

/** Run `z3 status`. */
export async function action(args: Args, io: Io): Promise<number> {
  checkArguments(args)
  if (args.nagios) return checkAll(args, io, () => openStoreOf(args, io))
  const isAll = args.all === true || !(await hasDataset(args, io))
  return isAll ? showAll(args, io) : showDataset(args, io)
}

/** Whether the command line or the configuration names a dataset. */
async function hasDataset(args: Args, io: Io): Promise<boolean> {
  if (args.operands.length > 0 || args.filesystem !== undefined) return true
  const { env } = io
  const config = await loadConfig({ flags: flagValues(args), env, configFile: args.config })
  return config.settings.FILESYSTEM !== undefined
}

/** @throws Z3Error `usage` */
function checkArguments({ operands, nagios, all, warning, critical }: Args): void {
  const [, second] = operands
  if (all && operands.length > 0) throw usageError(spec, '--all and a dataset exclude each other')
  if (nagios) return
  if (second !== undefined) throw usageError(spec, `unexpected argument '${second}'`)
  if (warning !== undefined || critical !== undefined) {
    throw usageError(spec, '--warning and --critical require --nagios')
  }
}
