import { repeatable, sshFlags, tagFlags, version, type CommandSpec } from '@z3/cli'
import { DEFAULT_FORMATS } from '@z3/zfs'

const options = {
  dataset: repeatable({
    type: 'string',
    requiresArg: true,
    describe: 'Take this dataset, and read no property; may be given several times',
  } as const),
  recursive: {
    type: 'boolean',
    alias: 'r',
    describe: 'With --dataset: all below it, too',
  },
  exclude: repeatable({
    type: 'string',
    requiresArg: true,
    describe: 'Leave out this dataset and all below it; may be given several times',
  } as const),
  'exclude-received': {
    type: 'boolean',
    describe: 'Leave out datasets whose property was received in a stream',
  },
  'exclude-unchanged': {
    type: 'string',
    requiresArg: true,
    describe:
      'Leave out datasets with fewer bytes written since their newest snapshot, whoever took it',
  },
  'min-change': {
    type: 'string',
    requiresArg: true,
    describe: 'No snapshot where fewer bytes were written since ours; 1 by default',
  },
  'allow-empty': {
    type: 'boolean',
    describe: 'Snapshots also where nothing was written: --min-change 0',
  },
  'snapshot-format': {
    type: 'string',
    requiresArg: true,
    default: DEFAULT_FORMATS.snapshot,
    describe: 'Names of snapshots, {} for NAME, % as in strftime',
  },
  'property-format': {
    type: 'string',
    requiresArg: true,
    default: DEFAULT_FORMATS.property,
    describe: 'Name of the property, {} for NAME',
  },
  utc: {
    type: 'boolean',
    describe: 'Name snapshots in UTC, not in local time',
  },
  ...tagFlags,
  'set-snapshot-properties': {
    type: 'string',
    requiresArg: true,
    describe: "Users' properties to set on the snapshots: P=V,P=V",
  },
  'pre-snapshot-cmd': repeatable({
    type: 'string',
    requiresArg: true,
    describe: 'Run this before, where the datasets are; may be given several times',
  } as const),
  'post-snapshot-cmd': repeatable({
    type: 'string',
    requiresArg: true,
    describe: 'Run this afterwards, in any case; may be given several times',
  } as const),
  'ssh-source': {
    type: 'string',
    requiresArg: true,
    describe: 'The datasets are on this host, [USER@]HOST',
  },
  ...sshFlags,
  'dry-run': {
    type: 'boolean',
    alias: 'n',
    describe: 'Print the commands that would run, and change nothing',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    describe: 'Print nothing but errors',
  },
  verbose: {
    type: 'boolean',
    alias: 'v',
    describe: 'Tell on stderr what is selected, and why',
  },
  json: {
    type: 'boolean',
    describe: 'Print the result as JSON, errors too',
  },
} as const

/** z3-snap's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3-snap',
  usage: '[options] NAME',
  description: `Take snapshots of the datasets that the property autobackup:NAME selects, those of a pool at the same instant, and print their names. A dataset that was not written to since its newest snapshot of this NAME gets none.`,
  options,
  operands: { least: 1, most: 1 },
  takesCommand: false,
  readsConfig: false,
  conflicts: [
    ['quiet', 'verbose'],
    ['sudo', 'no-sudo'],
    ['min-change', 'allow-empty'],
    ['dataset', 'exclude-received'],
  ],
  examples: [
    ['zfs set autobackup:offsite=true tank', 'select'],
    ['$0 offsite', 'snapshots of what is selected'],
    ['$0 daily --dataset tank/vm -r', 'of what is named'],
  ],
  exitStatus: `0 done, or nothing to do; 1 failed; 2 usage or configuration; 4 no such dataset, or none is selected; 128+n ended by signal n.`,
  version,
}
