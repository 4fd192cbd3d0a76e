import { version, type CommandSpec, COMMON, monitorOptions, repeatable, tagFlags } from '@z3/cli'
import { DEFAULT_FORMATS, DEFAULT_SCHEDULE } from '@z3/core'

const VALUE = { type: 'string', requiresArg: true } as const

const hosts = {
  'ssh-config': {
    ...VALUE,
    value: 'FILE',
    group: 'Hosts',
    describe: 'ssh configuration file (ssh -F)',
  },
  'ssh-source': {
    ...VALUE,
    value: '[USER@]HOST',
    group: 'Hosts',
    describe: 'Source host (default: this host)',
  },
  'ssh-target': {
    ...VALUE,
    value: '[USER@]HOST',
    group: 'Hosts',
    describe: 'Target host (default: this host)',
  },
  target: repeatable({
    ...VALUE,
    value: 'TARGET',
    group: 'Hosts',
    describe: 'Additional target, [[USER@]HOST:]PATH or a bucket; repeatable',
  } as const),
} as const

const names = {
  'property-format': {
    ...VALUE,
    default: DEFAULT_FORMATS.property,
    value: 'FORMAT',
    group: 'Snapshots',
    describe: 'Property that selects datasets; {} is BACKUP-NAME',
  },
  'snapshot-format': {
    ...VALUE,
    default: DEFAULT_FORMATS.snapshot,
    value: 'FORMAT',
    group: 'Snapshots',
    describe: 'Snapshot names, as in strftime',
  },
  'hold-format': {
    ...VALUE,
    default: DEFAULT_FORMATS.hold,
    value: 'FORMAT',
    group: 'Snapshots',
    describe: 'Tag of holds',
  },
  utc: {
    type: 'boolean',
    group: 'Snapshots',
    describe: 'Name snapshots in UTC (default: local time)',
  },
  ...tagFlags,
} as const

const selecting = {
  'exclude-received': {
    type: 'boolean',
    group: 'Selection',
    describe: 'Exclude datasets selected by a received property',
  },
  'include-received': {
    type: 'boolean',
    group: 'Selection',
    describe: 'Include datasets selected by a received property',
  },
  'exclude-unchanged': {
    type: 'string',
    value: 'BYTES',
    group: 'Selection',
    describe: 'Exclude datasets with less than BYTES written since their newest snapshot',
  },
  'ignore-replicated': {
    type: 'boolean',
    group: 'Selection',
    describe: 'Same as --exclude-unchanged, with the size of --min-change',
  },
} as const

const snapshotting = {
  'no-snapshot': { type: 'boolean', group: 'Snapshots', describe: 'Take no snapshots' },
  'min-change': {
    ...VALUE,
    default: '1',
    value: 'BYTES',
    group: 'Snapshots',
    describe: 'Skip datasets with less than BYTES written',
  },
  'allow-empty': {
    type: 'boolean',
    group: 'Snapshots',
    describe: 'Snapshot unchanged datasets too (--min-change 0)',
  },
  'set-snapshot-properties': {
    ...VALUE,
    value: 'P=V[,P=V]',
    group: 'Snapshots',
    describe: 'Set user properties on new snapshots',
  },
  'pre-snapshot-cmd': repeatable({
    ...VALUE,
    value: 'COMMAND',
    group: 'Snapshots',
    describe: 'Run COMMAND on the source before the snapshots; repeatable',
  } as const),
  'post-snapshot-cmd': repeatable({
    ...VALUE,
    value: 'COMMAND',
    group: 'Snapshots',
    describe: 'Run COMMAND on the source after the snapshots, even if they fail; repeatable',
  } as const),
} as const

const sending = {
  'no-send': { type: 'boolean', group: 'Send', describe: 'Send nothing; only snapshot and thin' },
  'other-snapshots': {
    type: 'boolean',
    group: 'Send',
    describe: 'Also send snapshots that have other names',
  },
  'exclude-snapshot-pattern': repeatable({
    ...VALUE,
    value: 'REGEX',
    group: 'Send',
    describe: 'Do not send snapshots whose full name matches; repeatable',
  } as const),
  'strip-path': {
    ...VALUE,
    default: '0',
    value: 'N',
    group: 'Receive',
    describe: 'Remove the first N components of source paths',
  },
  'clear-refreservation': {
    type: 'boolean',
    group: 'Receive',
    describe: 'Same as --filter-properties refreservation',
  },
  'clear-mountpoint': {
    type: 'boolean',
    group: 'Receive',
    describe: 'Set canmount=noauto on received file systems',
  },
  'filter-properties': {
    ...VALUE,
    value: 'P[,P]',
    group: 'Receive',
    describe: 'Ignore these properties in the stream (zfs receive -x)',
  },
  'set-properties': {
    ...VALUE,
    value: 'P=V[,P=V]',
    group: 'Receive',
    describe: 'Set properties on the target (zfs receive -o)',
  },
  rollback: {
    type: 'boolean',
    group: 'Receive',
    describe: 'Roll back changes on the target since its newest snapshot',
  },
  force: {
    type: 'boolean',
    alias: 'F',
    group: 'Receive',
    describe: 'Use zfs receive -F, also for a dataset without snapshots',
  },
  'destroy-incompatible': {
    type: 'boolean',
    group: 'Receive',
    describe: 'Destroy incompatible snapshots on the target; implies --rollback',
  },
  'ignore-transfer-errors': {
    type: 'boolean',
    group: 'Receive',
    describe: 'Ignore exit statuses if the snapshot has arrived',
  },
  'no-guid-check': {
    type: 'boolean',
    group: 'Receive',
    describe: 'Identify snapshots by name alone, not by guid',
  },
  raw: {
    type: 'boolean',
    group: 'Send',
    describe: 'Send all datasets raw (zfs send -w), not only encrypted ones',
  },
  encrypt: {
    type: 'boolean',
    group: 'Receive',
    describe: 'Encrypt unencrypted datasets on the target',
  },
  decrypt: { type: 'boolean', group: 'Send', describe: 'Send encrypted datasets decrypted' },
  'zfs-compressed': {
    type: 'boolean',
    group: 'Send',
    describe: 'Send compressed blocks without decompressing (zfs send -c)',
  },
  'send-flags': {
    ...VALUE,
    value: 'FLAGS',
    group: 'Send',
    describe:
      'Flags of zfs send: letters of Lec, or none (default: L and e, if both pools support them)',
  },
  compress: {
    type: 'string',
    value: '[PROGRAM]',
    group: 'Stream',
    describe:
      'Compress the stream on the network: zstd-fast (default PROGRAM), zstd-slow, zstd-adapt, gzip, pigz-fast, pigz-slow, xz, lzo, lz4',
  },
  rate: {
    ...VALUE,
    value: 'BYTES',
    group: 'Stream',
    describe: 'Bandwidth limit per second, with mbuffer: 1.5M',
  },
  buffer: {
    ...VALUE,
    value: 'SIZE',
    group: 'Stream',
    describe: 'Memory of mbuffer on both hosts: 200M, 10%',
  },
  'buffer-chunk-size': {
    ...VALUE,
    value: 'SIZE',
    group: 'Stream',
    describe: 'Block size of mbuffer (default: 128k)',
  },
  resume: {
    type: 'boolean',
    group: 'Receive',
    describe: 'No effect: interrupted transfers are always resumed',
  },
  'send-pipe': repeatable({
    ...VALUE,
    value: 'COMMAND',
    group: 'Stream',
    describe: 'Filter after zfs send; repeatable',
  } as const),
  'recv-pipe': repeatable({
    ...VALUE,
    value: 'COMMAND',
    group: 'Stream',
    describe: 'Filter before zfs receive; repeatable',
  } as const),
} as const

const thinning = {
  'keep-source': {
    ...VALUE,
    default: DEFAULT_SCHEDULE,
    value: 'SCHEDULE',
    group: 'Thinning',
    describe: 'Snapshots to keep on the source',
  },
  // no default of the parser: RETENTION is that of a bucket
  'keep-target': {
    ...VALUE,
    value: 'SCHEDULE',
    group: 'Thinning',
    describe: `Snapshots to keep on the target (default:\u00a0${DEFAULT_SCHEDULE})`,
  },
  'no-thinning': { type: 'boolean', group: 'Thinning', describe: 'Destroy no snapshots' },
  'respect-minimum': {
    type: 'boolean',
    group: 'Thinning',
    describe: 'Keep objects until the minimum days of their storage class are over',
  },
  unlocked: {
    type: 'boolean',
    group: 'Thinning',
    describe: 'Take no lease in a bucket: no other host backs up or prunes meanwhile',
  },
  'no-bookmarks': {
    type: 'boolean',
    group: 'Thinning',
    describe: 'Same as --keep-common hold',
  },
  'no-holds': {
    type: 'boolean',
    group: 'Thinning',
    describe: 'Same as --keep-common none',
  },
  'keep-common': {
    ...VALUE,
    choices: ['hold', 'bookmark', 'none'],
    group: 'Thinning',
    describe: 'Protect the last common snapshot on the source (default: hold)',
  },
  'destroy-missing': {
    ...VALUE,
    value: 'SCHEDULE',
    group: 'Thinning',
    describe:
      'Destroy target datasets whose source is gone, this long after their last snapshot: 30d',
  },
} as const

const talking = {
  test: {
    type: 'boolean',
    alias: ['dry-run', 'n'],
    group: 'Output',
    describe: 'Show what would be done and change nothing',
  },
  verify: {
    type: 'boolean',
    group: 'Selection',
    describe: 'Compare the newest common snapshots by guid, instead of a backup',
  },
  data: {
    type: 'boolean',
    group: 'Selection',
    describe: 'With --verify: also compare contents, by z3-check on both hosts',
  },
  verbose: { type: 'boolean', alias: 'v', group: 'Output', describe: 'Log every step' },
  debug: {
    ...COMMON.debug,
    alias: 'd',
    group: 'Output',
    describe: 'Show zfs commands, stop at the first error and show its causes',
  },
  'debug-output': {
    type: 'boolean',
    group: 'Output',
    describe: 'Show zfs commands and their output',
  },
  progress: {
    type: 'boolean',
    group: 'Output',
    describe: 'Show progress even if stderr is not a terminal',
  },
  'no-progress': { type: 'boolean', group: 'Output', describe: 'Show no progress' },
  json: {
    type: 'boolean',
    group: 'Output',
    describe: 'Print a report as JSON; log to stderr',
  },
} as const

/** All options: zfs-autobackup's, and a few more. */
const options = {
  ...hosts,
  ...names,
  ...selecting,
  ...snapshotting,
  ...sending,
  ...thinning,
  ...talking,
  ...monitorOptions,
} as const

export type Options = typeof options

/** z3-autobackup's command line: zfs-autobackup's, and a few more. */
export const spec: CommandSpec<Options> = {
  name: 'z3-autobackup',
  usage: '[options] BACKUP-NAME [TARGET...]',
  description: `Snapshot the datasets that the property autobackup:BACKUP-NAME selects, send them to each TARGET (if given), and thin old snapshots on both sides.

Values of the property: true (the dataset and its descendants), child (only the descendants), parent (only the dataset), false.

TARGET is a dataset to receive into, or a bucket: s3://BUCKET[/PREFIX] or file:///PATH, with the configuration of z3.

SCHEDULE lists what to keep, separated by commas: a number of snapshots, or INTERVAL and TTL: 1d1w keeps one per day for a week. Units: s, min, h, d, w, m (30 days), y (365.25 days). The default keeps the last 10, one per day for a week, one per week for a month and one per month for a year.`,
  options,
  common: ['verbose', 'test', 'ssh-source', 'ssh-target', 'keep-target'],
  operands: { least: 1, most: Infinity },
  takesCommand: false,
  monitored: ({ test, verify }) =>
    test === true ? undefined : `z3-autobackup${verify === true ? ' --verify' : ''}`,
  repeats: 'last',
  examples: [
    ['$0 -v offsite1', 'snapshot and thin'],
    ['$0 -v --ssh-source server1 offsite1 backup/server1', 'pull'],
    ['$0 -v --ssh-target backup offsite1 backup/server1', 'push'],
  ],
  exitStatus: `0 done; 1 to 254 number of failed datasets and post-snapshot commands (254: or more); 255 nothing done: usage, selection, no target, ended by a signal.`,
  version,
}
