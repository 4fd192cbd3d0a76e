import { printable } from '@z3/cli'
import type { Finding, State } from './finding.js'

const STATES: readonly State[] = ['ok', 'warning', 'problem', 'unknown', 'skipped']

/** One line for each finding, and one below it for its fix. */
export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...STATES.map((state) => state.length))
  const lines = findings.flatMap(({ check, state, text, fix }) => [
    `${state.padEnd(width)}  ${check}: ${oneLine(text)}`,
    ...(fix === undefined ? [] : [`${' '.repeat(width)}  fix: ${oneLine(fix)}`]),
  ])
  return lines.map((line) => `${line}\n`).join('')
}

/** `12 ok, 1 warning, 2 problems`, without those of which there are none. */
export function countFindings(findings: readonly Finding[]): string {
  return STATES.map((state) => ({
    state,
    count: findings.filter((one) => one.state === state).length,
  }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${String(count)} ${nounOf(state, count)}`)
    .join(', ')
}

function nounOf(state: State, count: number): string {
  return count > 1 && (state === 'warning' || state === 'problem') ? `${state}s` : state
}

/** Messages of a server or of several lines. */
function oneLine(text: string): string {
  return printable(text.replace(/\s*\n\s*/g, '; '))
}
