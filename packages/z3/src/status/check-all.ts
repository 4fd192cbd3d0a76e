import type { OpenStore } from '@z3/backup'
import { durationFlag, printable, usageError, type Io } from '@z3/cli'
import { checkDatasetName, Z3Error } from '@z3/core'
import pMap from 'p-map'
import { DATASETS_AT_ONCE, listAll, loadState, namedDatasets } from './load-state.js'
import { judgeDataset, NAGIOS, nagiosLine, unknownLine, worstState } from './nagios.js'
import type { Thresholds, Verdict } from './nagios.js'

/** Options of `z3 status --nagios`. */
export interface NagiosArguments {
  readonly operands: readonly string[]
  readonly all?: boolean | undefined
  readonly check?: boolean | undefined
  readonly warning?: string | undefined
  readonly critical?: string | undefined
}

/**
 * Check the backups of datasets, and print the line of a Nagios plugin.
 *
 * @param open opens the store
 * @returns the exit status of the plugin
 * @throws Z3Error if nothing is known of any dataset
 */
export async function checkAll(
  args: NagiosArguments,
  io: Io,
  open: () => Promise<OpenStore>,
): Promise<number> {
  const limits = readThresholds(args)
  args.operands.forEach(checkDatasetName)
  const opened = await open()
  try {
    const { all, operands } = args
    const names = all ? await listAll(opened, io.signal) : namedDatasets(opened, operands)
    const states = await pMap(names, (name) => checkOne(name, args, limits, opened, io), {
      concurrency: DATASETS_AT_ONCE,
    })
    io.signal.throwIfAborted()
    if (states.length === 0) {
      io.stdout.write('CRITICAL: nothing is backed up\n')
      return NAGIOS.CRITICAL
    }
    io.stdout.write(`${printable(nagiosLine(states, limits))}\n`)
    return NAGIOS[worstState(states)]
  } finally {
    opened.store.close()
  }
}

async function checkOne(
  dataset: string,
  { all, check }: NagiosArguments,
  limits: Thresholds,
  open: OpenStore,
  { signal }: Io,
): Promise<Verdict> {
  try {
    const now = Date.now() / 1000
    const heads = check ? 'all' : 'archived'
    const { summary } = await loadState(dataset, open, {
      ...{ isListed: all === true, heads, choose: () => [], now, signal },
    })
    return judgeDataset(dataset, summary, limits, now)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    return { dataset, state: 'UNKNOWN', age: undefined, problem: error.message }
  }
}

/** @throws Z3Error `usage` */
function readThresholds({ warning = '26h', critical = '50h' }: NagiosArguments): Thresholds {
  const limits = {
    warning: durationFlag('--warning', warning),
    critical: durationFlag('--critical', critical),
  }
  if (limits.warning <= limits.critical) return limits
  throw usageError({ name: 'z3 status' }, '--warning is more than --critical')
}

/** Whether a command line asks for the form of a Nagios plugin. */
export function asksForNagios(words: readonly string[]): boolean {
  return words.some((word) => /^--nagios(=|$)/.test(word))
}

/**
 * Report an error in the form of a Nagios plugin.
 *
 * @param report reports it on standard error, too
 */
export function reportToNagios(error: unknown, io: Io, report: () => number): number {
  const message = error instanceof Error ? error.message : String(error)
  io.stdout.write(`${printable(unknownLine(message))}\n`)
  // with --json, another line on standard output: Nagios takes the first one
  report()
  return NAGIOS.UNKNOWN
}
