import { version, type CommandSpec } from '@z3/cli'
import { DEFAULT_SCHEDULE, describeSchedule, type Schedule } from '@z3/core'

const options = {
  keep: {
    type: 'boolean',
    group: 'Options',
    describe: 'Print the snapshots to keep, not those to destroy',
  },
  explain: {
    type: 'boolean',
    group: 'Options',
    describe: 'Print all snapshots, and why each is kept or not',
  },
  createtxg: {
    type: 'boolean',
    group: 'Options',
    describe: 'Read createtxg as second column and order by it',
  },
  now: {
    type: 'string',
    requiresArg: true,
    value: 'EPOCH',
    group: 'Options',
    describe: 'Current time in epoch seconds (default: now)',
  },
  null: {
    type: 'boolean',
    alias: '0',
    group: 'Options',
    describe: 'Read and write lines that end with NUL',
  },
} as const

/**
 * z3-thin's command line.
 *
 * @param schedule to describe in the help text
 */
export function commandLine(schedule: Schedule): CommandSpec<typeof options> {
  return {
    name: 'z3-thin',
    usage: '[options] [SCHEDULE]',
    description: `Read snapshots, one per line: creation time (epoch seconds), a tab, the name. Print those to destroy by SCHEDULE, oldest first. All lines must belong to one dataset and be snapshots that may be destroyed.

SCHEDULE (default: ${DEFAULT_SCHEDULE}): the number of snapshots to keep always, and rules of an interval and a time to live. Units: s, min, h, d, w, m (30 days), y (365.25 days). This schedule in words:
${describeSchedule(schedule).join('\n')}`,
    options,
    readsConfig: false,
    operands: { least: 0, most: 1 },
    takesCommand: false,
    conflicts: [['keep', 'explain']],
    examples: [
      [
        'zfs list -Hpt snap -o creation,name -d 1 tank/home | $0 --explain',
        'show what is kept and why',
      ],
      [
        'zfs list -Hpt snap -o creation,name -d 1 tank/home | $0 --keep 7,1w1m',
        'list what another schedule keeps',
      ],
    ],
    exitStatus: `0 done, or nothing to do; 1 failed; 2 wrong usage, schedule or input (nothing is printed); 128+n ended by signal n.`,
    version,
  }
}

export type Spec = ReturnType<typeof commandLine>
