import { version, type CommandSpec, COMMON, repeatable, tagFlags } from '@z3/cli'
import { DEFAULT_SCHEDULE } from '@z3/core'
import { DEFAULT_FORMATS } from '@z3/zfs'

const VALUE = { type: 'string', requiresArg: true } as const

const hosts = {
  'ssh-config': {
    ...VALUE,
    describe: 'Configuration of ssh in place of the usual (ssh -F)',
  },
  'ssh-source': {
    ...VALUE,
    describe: 'Host to back up, [USER@]HOST; by default this one',
  },
  'ssh-target': {
    ...VALUE,
    describe: 'Host of the target, [USER@]HOST; by default this one',
  },
  target: repeatable({
    ...VALUE,
    describe: 'One more target, [[USER@]HOST:]PATH; may be given several times',
  } as const),
} as const

const names = {
  'property-format': {
    ...VALUE,
    default: DEFAULT_FORMATS.property,
    describe: 'Property that selects datasets; {} is the backup name',
  },
  'snapshot-format': {
    ...VALUE,
    default: DEFAULT_FORMATS.snapshot,
    describe: 'Names of snapshots, as strftime has it',
  },
  'hold-format': {
    ...VALUE,
    default: DEFAULT_FORMATS.hold,
    describe: 'Tag of holds',
  },
  utc: { type: 'boolean', describe: 'Name snapshots in UTC' },
  ...tagFlags,
} as const

const selecting = {
  'exclude-received': {
    type: 'boolean',
    describe: 'Leave out what only a received property selects',
  },
  'include-received': {
    type: 'boolean',
    describe: 'Do not leave them out where that is usual: without a target',
  },
  'exclude-unchanged': {
    type: 'string',
    describe: 'Leave out datasets with fewer BYTES written since their last snapshot of any name',
  },
  'ignore-replicated': {
    type: 'boolean',
    describe: 'Older name of --exclude-unchanged; the bytes are --min-change',
  },
} as const

const snapshotting = {
  'no-snapshot': { type: 'boolean', describe: 'Take no snapshots' },
  'min-change': {
    ...VALUE,
    default: '1',
    describe: 'Bytes written that make a dataset worth a snapshot',
  },
  'allow-empty': {
    type: 'boolean',
    describe: 'Snapshots of what has not changed, too: --min-change 0',
  },
  'set-snapshot-properties': {
    ...VALUE,
    describe: 'Set PROPERTY=VALUE,... on new snapshots',
  },
  'pre-snapshot-cmd': repeatable({
    ...VALUE,
    describe: 'Command to run at the source before snapshots are taken; may be given several times',
  } as const),
  'post-snapshot-cmd': repeatable({
    ...VALUE,
    describe: 'Command to run at the source afterwards, whatever has failed',
  } as const),
} as const

const sending = {
  'no-send': { type: 'boolean', describe: 'Send nothing, thin only' },
  'other-snapshots': {
    type: 'boolean',
    describe: 'Send snapshots that are not ours, too',
  },
  'exclude-snapshot-pattern': repeatable({
    ...VALUE,
    describe: 'Do not send snapshots whose full name has this regular expression in it',
  } as const),
  'strip-path': {
    ...VALUE,
    default: '0',
    describe: 'Parts to leave out at the beginning of a source’s path',
  },
  'clear-refreservation': {
    type: 'boolean',
    describe: 'The same as --filter-properties refreservation',
  },
  'clear-mountpoint': {
    type: 'boolean',
    describe: 'Have nothing mounted by itself: --set-properties canmount=noauto, for filesystems',
  },
  'filter-properties': {
    ...VALUE,
    describe: 'Do not take over PROPERTY,... (zfs receive -x)',
  },
  'set-properties': {
    ...VALUE,
    describe: 'Set PROPERTY=VALUE,... at the target (zfs receive -o)',
  },
  rollback: {
    type: 'boolean',
    describe: 'Give up what was written at the target since its newest snapshot',
  },
  force: {
    type: 'boolean',
    alias: 'F',
    describe: 'Use zfs receive -F, also into a dataset without snapshots',
  },
  'destroy-incompatible': {
    type: 'boolean',
    describe: 'Destroy snapshots at the target that stand in the way; implies --rollback',
  },
  'ignore-transfer-errors': {
    type: 'boolean',
    describe:
      'Let a transfer pass when its snapshot has arrived, whatever the programs exited with',
  },
  'no-guid-check': {
    type: 'boolean',
    describe: 'Take snapshots of the same name for the same',
  },
  raw: {
    type: 'boolean',
    describe: 'Send as it is on disk (zfs send -w); encrypted datasets always are',
  },
  encrypt: {
    type: 'boolean',
    describe: 'Have unencrypted datasets encrypted by the target',
  },
  decrypt: { type: 'boolean', describe: 'Send encrypted datasets decrypted' },
  'zfs-compressed': {
    type: 'boolean',
    describe: 'Send compressed blocks as they are (zfs send -c)',
  },
  'send-flags': {
    ...VALUE,
    describe:
      'Flags of zfs send, letters of Lec or none, whatever the pools can take (default: L and e, where both pools can)',
  },
  compress: {
    type: 'string',
    describe:
      'Compress over the line: zstd-fast (without a value), zstd-slow, zstd-adapt, gzip, pigz-fast, pigz-slow, xz, lzo, lz4',
  },
  rate: {
    ...VALUE,
    describe: 'At most so many bytes a second: 1.5M (mbuffer)',
  },
  buffer: { ...VALUE, describe: 'Memory of mbuffer on both sides: 200M, 10%' },
  'buffer-chunk-size': {
    ...VALUE,
    describe: 'Block size of mbuffer: 128k by default',
  },
  resume: {
    type: 'boolean',
    describe: 'Accepted and ignored: interrupted transfers are always resumed',
  },
  'send-pipe': repeatable({
    ...VALUE,
    describe: 'A filter behind zfs send; may be given several times',
  } as const),
  'recv-pipe': repeatable({
    ...VALUE,
    describe: 'A filter before zfs receive; may be given several times',
  } as const),
} as const

const thinning = {
  'keep-source': {
    ...VALUE,
    default: DEFAULT_SCHEDULE,
    describe: 'Schedule of what to keep at the source',
  },
  'keep-target': {
    ...VALUE,
    default: DEFAULT_SCHEDULE,
    describe: 'Schedule of what to keep at the target',
  },
  'no-thinning': { type: 'boolean', describe: 'Destroy nothing' },
  'no-bookmarks': {
    type: 'boolean',
    describe: 'Use holds, not bookmarks: the same as --keep-common hold',
  },
  'no-holds': {
    type: 'boolean',
    describe: 'Hold nothing: the same as --keep-common none',
  },
  'keep-common': {
    ...VALUE,
    choices: ['hold', 'bookmark', 'none'],
    describe: 'What keeps the last common snapshot usable at the source; by default hold',
  },
  'destroy-missing': {
    ...VALUE,
    describe:
      'Destroy datasets at the target that are gone at the source: 30d after their last snapshot',
  },
} as const

const talking = {
  test: {
    type: 'boolean',
    alias: ['dry-run', 'n'],
    describe: 'Change nothing, show what would be done',
  },
  verbose: { type: 'boolean', alias: 'v', describe: 'Tell what is done' },
  debug: {
    ...COMMON.debug,
    alias: 'd',
    describe: 'Show zfs commands, stop at the first error, and show its causes',
  },
  'debug-output': {
    type: 'boolean',
    describe: 'Show zfs commands and what they answer',
  },
  progress: {
    type: 'boolean',
    describe: 'Show progress even where stderr is no terminal',
  },
  'no-progress': { type: 'boolean', describe: 'Show no progress' },
  json: {
    type: 'boolean',
    describe: 'Print a report as JSON; all else goes to stderr',
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
} as const

export type Options = typeof options

/** z3-autobackup's command line: zfs-autobackup's, and a few more. */
export const spec: CommandSpec<Options> = {
  name: 'z3-autobackup',
  usage: '[options] BACKUP-NAME [TARGET-PATH]',
  description: `Snapshot the datasets that the property autobackup:BACKUP-NAME selects, send the snapshots to TARGET-PATH, and destroy old ones on both sides by a schedule. Without a target: snapshot and thin.

The values of the property: true (the dataset and what is below), child (only what is below), parent (only the dataset), false.

A schedule is what to keep, with commas between: a number of snapshots, or INTERVAL and TTL, as 1d1w: one a day, for a week. Units: s, min, h, d, w, m (30 days), y (365.25 days). The default keeps the last 10, one a day for a week, one a week for a month and one a month for a year.`,
  options,
  operands: { least: 1, most: 2 },
  takesCommand: false,
  repeats: 'last',
  readsConfig: false,
  examples: [
    ['$0 -v offsite1', 'snapshot and thin'],
    ['$0 -v --ssh-source server1 offsite1 backup/server1', 'pull'],
    ['$0 -v --ssh-target backup offsite1 backup/server1', 'push'],
  ],
  exitStatus: `0 all done; 1 to 254 so many datasets failed, or commands after snapshots (254: or more); 255 nothing could be done: usage, selection, no target, ended by a signal.`,
  version,
}
