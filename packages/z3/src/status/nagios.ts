import { humanDuration, type StatusSummary } from '@z3/core'
import { isFuture } from './status-text.js'

/** Exit status of a Nagios plugin: https://www.monitoring-plugins.org/doc/guidelines.html. */
export const NAGIOS = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const

type State = keyof typeof NAGIOS

/** Worst first: what is known to be bad outweighs what is not known. */
const WORST_FIRST: readonly State[] = ['CRITICAL', 'WARNING', 'UNKNOWN', 'OK']

/** Seconds. */
export interface Thresholds {
  readonly warning: number
  readonly critical: number
}

/** The state of the backups of one dataset. */
export interface Verdict {
  readonly dataset: string
  readonly state: State
  /** Of the newest good backup, seconds; undefined: unknown, or there is none. */
  readonly age: number | undefined
  /** What is wrong; undefined: nothing. */
  readonly problem: string | undefined
}

/**
 * Judge what the store has of a dataset.
 *
 * @param now epoch seconds
 */
export function judgeDataset(
  dataset: string,
  { objects, unhealthy, newestGood }: StatusSummary,
  { warning, critical }: Thresholds,
  now: number,
): Verdict {
  const created = newestGood?.created
  const hasAge = created !== undefined && !isFuture(created, now)
  const age = hasAge ? Math.max(0, Math.round(now - created)) : undefined
  const result = (state: State, problem?: string) => ({ dataset, state, age, problem })
  if (objects === 0) return result('CRITICAL', 'no backup')
  if (!newestGood) return result('CRITICAL', 'no backup can be restored')
  if (unhealthy > 0) {
    const what = unhealthy === 1 ? 'backup is' : 'backups are'
    return result('CRITICAL', `${String(unhealthy)} ${what} not healthy`)
  }
  if (age === undefined) {
    const why = created === undefined ? 'is not known' : 'is in the future'
    return result('UNKNOWN', `the creation of the newest backup ${why}`)
  }
  const problem = `newest backup ${humanDuration(age)} old`
  if (age > critical) return result('CRITICAL', problem)
  return age > warning ? result('WARNING', problem) : result('OK')
}

/** The worst state. */
export function worstState(states: readonly Verdict[]): State {
  return WORST_FIRST.find((one) => states.some(({ state }) => state === one)) ?? 'UNKNOWN'
}

/** Datasets that the line names; the performance data have all of them. */
const NAMED = 10

/** The line of a Nagios plugin: state, problems, performance data. */
export function nagiosLine(states: readonly Verdict[], { warning, critical }: Thresholds): string {
  const limits = `${String(warning)};${String(critical)}`
  const data = states.map(({ dataset, age }) =>
    age === undefined ? `'${dataset}'=U;${limits}` : `'${dataset}'=${String(age)}s;${limits}`,
  )
  return `${worstState(states)}: ${plain(summary(states))} | ${data.join(' ')}`
}

/** The line for an error that leaves everything unknown. */
export function unknownLine(message: string): string {
  return `UNKNOWN: ${plain(message)}`
}

function summary(states: readonly Verdict[]): string {
  const bad = WORST_FIRST.flatMap((state) =>
    states.filter((one) => one.state === state && one.problem !== undefined),
  )
  if (bad.length > 0) {
    const named = bad.slice(0, NAMED).map(({ dataset, problem }) => `${dataset}: ${problem ?? ''}`)
    const more = bad.length > NAMED ? [`${String(bad.length - NAMED)} more`] : []
    return [...named, ...more].join('; ')
  }
  const oldest = Math.max(...states.map(({ age = 0 }) => age))
  const count = states.length === 1 ? '1 dataset' : `${String(states.length)} datasets`
  return `${count}, newest backup at most ${humanDuration(oldest)} old`
}

/** Without the characters that end the text of a plugin. */
function plain(text: string): string {
  return text.replace(/\s*\n\s*/g, '; ').replaceAll('|', '/')
}
