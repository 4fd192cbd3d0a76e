import {
  orAborted,
  printable,
  runCommand,
  standardInput,
  usageError,
  type Arguments,
  type Io,
} from '@z3/cli'
import {
  DEFAULT_SCHEDULE,
  EXIT,
  explainThin,
  isFuture,
  parseSchedule,
  type Explained,
  type Schedule,
} from '@z3/core'
import { commandLine, type Spec } from './command-line.js'
import { explain } from './explain.js'
import { parseSnapshots, type Snapshot } from './parse-snapshots.js'
import { readRecords, SOURCE } from './read-records.js'

type Args = Arguments<Spec['options']>

const STDIN = 0
const STDOUT = 1

/**
 * z3-thin: a filter.
 *
 * @param argv without the program's name
 * @param input the list of snapshots
 * @returns the exit status
 */
export function main(
  argv: readonly string[],
  io: Io,
  input: () => AsyncIterable<Uint8Array> = () => standardInput(SOURCE),
): Promise<number> {
  const spec = commandLine(scheduleForHelp(argv))
  return runCommand(spec, argv, io, async (args, io) => {
    const schedule = scheduleOf(spec, args)
    const given = nowOf(spec, args)
    if (io.isTerminal(STDIN)) {
      throw usageError(
        spec,
        'standard input is a terminal; use a pipe: zfs list -Hp -t snapshot -o creation,createtxg,name -d 1 DATASET | $0 --createtxg',
      )
    }
    const end = args.null ? '\0' : '\n'
    const records = await orAborted(io.signal, readRecords(input(), end))
    const isOrdered = args.createtxg === true
    const snapshots = parseSnapshots(records, isOrdered).map(
      io.isTerminal(STDOUT) ? forTerminal : (one) => one,
    )
    // snapshots taken while the list was read are not in the future
    const now = given ?? Math.trunc(Date.now() / 1000)
    const future = snapshots.filter((one) => isFuture(one, now)).length
    if (future > 0) io.stderr.write(noteOf(future))
    const counted = isOrdered ? schedule : besidesFuture(schedule, future)
    const explained = explainThin(snapshots, counted, now)
    const lines = outputOf(explained, schedule, args)
    const text = lines.map((line) => `${line}${end}`).join('')
    io.stdout.write(Buffer.from(text, 'latin1'))
    return EXIT.ok
  })
}

/**
 * When sorted by time, snapshots from the future come last although they may be older than
 * snapshots taken after the clock was set back: do not count them among the last N.
 */
function besidesFuture(schedule: Schedule, future: number): Schedule {
  const { alwaysKeep } = schedule
  return alwaysKeep === 0 ? schedule : { ...schedule, alwaysKeep: alwaysKeep + future }
}

function noteOf(future: number): string {
  const what = future === 1 ? '1 snapshot was' : `${String(future)} snapshots were`
  return `z3-thin: NOTE: ${what} created in the future and kept: check the clock\n`
}

/**
 * The output lines, in latin1.
 *
 * @param schedule as specified
 */
function outputOf(
  explained: readonly Explained<Snapshot>[],
  schedule: Schedule,
  args: Args,
): readonly string[] {
  if (args.explain) {
    return explained.map(
      ({ snapshot, reasons }) => `${snapshot.name}\t${explain(reasons, schedule)}`,
    )
  }
  return explained
    .filter(({ reasons }) => reasons.length > 0 === (args.keep === true))
    .map(({ snapshot }) => snapshot.name)
}

/** Names for display must not affect the terminal. */
function forTerminal({ name, ...rest }: Snapshot): Snapshot {
  const text = printable(Buffer.from(name, 'latin1').toString())
  return { ...rest, name: Buffer.from(text).toString('latin1') }
}

function scheduleOf(spec: Spec, { operands }: Args): Schedule {
  const [text = DEFAULT_SCHEDULE] = operands
  if (text.trim() === '') {
    // an unset shell variable must not destroy everything
    throw usageError(spec, 'the schedule is empty; use 0 to keep nothing')
  }
  return parseSchedule(text)
}

function nowOf(spec: Spec, { now }: Args): number | undefined {
  if (now === undefined) return undefined
  if (!/^\d+$/.test(now) || !Number.isSafeInteger(Number(now))) {
    throw usageError(spec, `--now: '${now}' is not a time in epoch seconds`)
  }
  return Number(now)
}

/** The specified schedule, if it is valid. */
function scheduleForHelp(argv: readonly string[]): Schedule {
  const given = argv.find((word, i) => !word.startsWith('-') && argv[i - 1] !== '--now')
  try {
    return parseSchedule(given ?? DEFAULT_SCHEDULE)
  } catch {
    // the run itself reports the error
    return parseSchedule(DEFAULT_SCHEDULE)
  }
}
