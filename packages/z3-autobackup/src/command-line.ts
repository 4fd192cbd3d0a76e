import { version, type CommandSpec } from '@z3/cli'
import { options } from './option-table.js'

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
