import { repeatable, sshFlags, tagFlags, version, type CommandSpec, jsonOption } from '@z3/cli'
import { DEFAULT_FORMATS } from '@z3/core'

const options = {
  dataset: repeatable({
    type: 'string',
    requiresArg: true,
    value: 'DATASET',
    group: 'Selection',
    describe: 'Snapshot DATASET and ignore the property; repeatable',
  } as const),
  recursive: {
    type: 'boolean',
    alias: 'r',
    group: 'Selection',
    describe: 'With --dataset: include its descendants',
  },
  exclude: repeatable({
    type: 'string',
    requiresArg: true,
    value: 'DATASET',
    group: 'Selection',
    describe: 'Exclude DATASET and its descendants; repeatable',
  } as const),
  'exclude-received': {
    type: 'boolean',
    group: 'Selection',
    describe: 'Exclude datasets with a received property',
  },
  'exclude-unchanged': {
    type: 'string',
    requiresArg: true,
    value: 'SIZE',
    group: 'Selection',
    describe: 'Exclude datasets with less than SIZE written since their newest snapshot',
  },
  'min-change': {
    type: 'string',
    requiresArg: true,
    value: 'SIZE',
    group: 'Selection',
    describe: 'Skip datasets with less than SIZE written (default: 1)',
  },
  'allow-empty': {
    type: 'boolean',
    group: 'Selection',
    describe: 'Snapshot unchanged datasets too (--min-change 0)',
  },
  'snapshot-format': {
    type: 'string',
    requiresArg: true,
    default: DEFAULT_FORMATS.snapshot,
    value: 'FORMAT',
    group: 'Snapshots',
    describe: 'Snapshot names; {} is NAME, % as in strftime',
  },
  'property-format': {
    type: 'string',
    requiresArg: true,
    default: DEFAULT_FORMATS.property,
    value: 'FORMAT',
    group: 'Selection',
    describe: 'Name of the property; {} is NAME',
  },
  utc: {
    type: 'boolean',
    group: 'Snapshots',
    describe: 'Name snapshots in UTC (default: local time)',
  },
  ...tagFlags,
  'set-snapshot-properties': {
    type: 'string',
    requiresArg: true,
    value: 'P=V[,P=V]',
    group: 'Snapshots',
    describe: 'Set user properties on the snapshots',
  },
  'pre-snapshot-cmd': repeatable({
    type: 'string',
    requiresArg: true,
    value: 'COMMAND',
    group: 'Snapshots',
    describe: 'Run COMMAND on the source before the snapshots; repeatable',
  } as const),
  'post-snapshot-cmd': repeatable({
    type: 'string',
    requiresArg: true,
    value: 'COMMAND',
    group: 'Snapshots',
    describe: 'Run COMMAND on the source after the snapshots, even if they fail; repeatable',
  } as const),
  'ssh-source': {
    type: 'string',
    requiresArg: true,
    value: '[USER@]HOST',
    group: 'ssh',
    describe: 'Source host (default: this host)',
  },
  ...sshFlags,
  'dry-run': {
    type: 'boolean',
    alias: 'n',
    group: 'Output',
    describe: 'Print the commands and change nothing',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print only errors',
  },
  verbose: {
    type: 'boolean',
    alias: 'v',
    group: 'Output',
    describe: 'Explain on stderr which datasets are selected',
  },
  ...jsonOption,
} as const

/** z3-snap's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3-snap',
  usage: '[options] NAME',
  description: `Snapshot the datasets that the property autobackup:NAME selects, atomically per pool, and print the names of the snapshots. Skips unchanged datasets.

A dataset is unchanged if nothing was written since its latest snapshot of NAME.`,
  options,
  common: ['dataset', 'recursive', 'dry-run', 'ssh-source', 'verbose'],
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
    ['zfs set autobackup:offsite=true tank && $0 offsite', 'select and snapshot'],
    ['$0 daily --dataset tank/vm --recursive', 'snapshot by name'],
  ],
  exitStatus: `0 done, or nothing to do; 1 failed; 2 usage or configuration; 4 no such dataset, or none selected; 128+n ended by signal n.`,
  version,
}
