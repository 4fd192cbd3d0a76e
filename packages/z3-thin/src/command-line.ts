import { version, type CommandSpec } from '@z3/cli'
import { DEFAULT_SCHEDULE, describeSchedule, type Schedule } from '@z3/core'

const options = {
  keep: {
    type: 'boolean',
    describe: 'Print the snapshots that are kept, not those to destroy',
  },
  explain: {
    type: 'boolean',
    describe: 'Print every snapshot and what keeps it',
  },
  createtxg: {
    type: 'boolean',
    describe: 'Lines have a second column, createtxg, which gives the order of the snapshots',
  },
  now: {
    type: 'string',
    requiresArg: true,
    describe: 'The time to reckon from, in epoch seconds; by default, now',
  },
  null: {
    type: 'boolean',
    alias: '0',
    describe: 'Lines end with NUL, in the input and the output',
  },
} as const

/**
 * z3-thin's command line.
 *
 * @param schedule that help tells in words
 */
export function commandLine(schedule: Schedule): CommandSpec<typeof options> {
  return {
    name: 'z3-thin',
    usage: '[options] [SCHEDULE]',
    description: `Read snapshots, one a line: the time of creation in epoch seconds, a tab, the name. With --createtxg: the time of creation, a tab, createtxg, a tab, the name. Print the names of those that the schedule lets go, the oldest first.

Every line counts: give it the snapshots of one dataset, and only those that may be destroyed.

SCHEDULE is ${DEFAULT_SCHEDULE} unless given: a number of snapshots to keep always, and rules, each an interval and a time to live, in s, min, h, d, w, m (30 days) and y (365.25 days).

In words:
${describeSchedule(schedule).join('\n')}`,
    options,
    readsConfig: false,
    operands: { least: 0, most: 1 },
    takesCommand: false,
    conflicts: [['keep', 'explain']],
    examples: [
      [
        'zfs list -Hp -t snapshot -o creation,createtxg,name -d 1 tank/home | $0 --createtxg --explain',
        'what would be kept, and why',
      ],
    ],
    exitStatus: `0 done, or nothing to do; 1 failed; 2 wrong usage, schedule or input: nothing was printed; 128+n ended by signal n.`,
    version,
  }
}

export type Spec = ReturnType<typeof commandLine>
