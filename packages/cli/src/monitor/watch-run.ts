import { loadConfig, type Settings } from '@z3/config'
import { Z3Error } from '@z3/core'
import { flagValues } from '../flags/option-flags.js'
import type { Io } from '../io.js'
import { writeLog } from '../log/write-log.js'
import { applyLogFormat } from '../prepare.js'
import { printable } from '../report-error.js'
import { Reports } from './reports.js'
import { RunFacts } from './run-facts.js'

/** A run to watch. */
export interface WatchedRun {
  /** `z3 backup`. */
  readonly program: string
  /** Begins messages: `z3`. */
  readonly name: string
  readonly args: Readonly<Record<string, unknown>> & {
    readonly config?: string | undefined
    readonly operands: readonly string[]
  }
}

/**
 * Do the work of a program, and report the run as METRICS_FILE, PING_URL and NOTIFY_COMMAND ask
 * for. What cannot be reported is a warning, and does not change the exit status.
 *
 * @param work reports its errors itself, and returns the exit status
 */
export async function watchRun(
  { program, name, args }: WatchedRun,
  io: Io,
  work: (io: Io) => Promise<number>,
): Promise<number> {
  const warn = (line: string) => {
    writeLog(io.stderr, name, { level: 'warning', message: printable(line) })
  }
  const settings = await readSettings(args, io)
  if (settings instanceof Z3Error) {
    const status = await work(io)
    // otherwise, the program has reported the error itself
    if (status === 0) warn(`the run is not reported to the monitoring: ${settings.message}`)
    return status
  }
  const { METRICS_FILE, PING_URL, NOTIFY_COMMAND } = settings
  if ([METRICS_FILE, PING_URL, NOTIFY_COMMAND].every((one) => one === undefined)) return work(io)
  const reports = await Reports.open(name, settings, io, warn)
  const facts = new RunFacts()
  const started = now()
  const begin = performance.now()
  const status = await work({ ...io, stderr: reports.log, facts })
  const duration = Math.round(performance.now() - begin) / 1000
  const subject = subjectOf(args)
  await reports.write({ program, subject, started, ended: now(), duration, status, facts })
  return status
}

async function readSettings(args: WatchedRun['args'], io: Io): Promise<Settings | Z3Error> {
  try {
    // of another program, options of the same names may mean something else
    const flags = flagValues(Object.fromEntries(FLAGS.map((name) => [name, args[name]])))
    const input = { flags, env: io.env, configFile: args.config }
    const config = await loadConfig(input)
    applyLogFormat(config, io)
    return config.settings
  } catch (error) {
    if (error instanceof Z3Error) return error
    throw error
  }
}

/** Options that say how a run is reported. */
const FLAGS = ['metrics-file', 'notify-command', 'log-format']

/** Options that say what a run works on. */
const SUBJECT = ['filesystem', 'select', 'from', 'to', 'drill'] as const

function subjectOf({ operands, ...args }: WatchedRun['args']): string {
  const given = SUBJECT.map((name) => args[name]).filter((value) => typeof value === 'string')
  return [...given, ...operands, ...(args['all'] === true ? ['--all'] : [])].join(' ')
}

function now(): number {
  return Math.round(Date.now() / 1000)
}
