import type { KeepReason, Schedule } from '@z3/core'

/** Why a snapshot is kept or destroyed. */
export function explain(reasons: readonly KeepReason[], schedule: Schedule): string {
  if (reasons.length === 0) return 'destroy: no rule keeps it'
  const isAhead = reasons.some(({ kind }) => kind === 'future')
  // a snapshot from the future does not count among the last, unless createtxg orders it there
  const told = reasons.filter(({ kind }) => !(isAhead && kind === 'last'))
  const words = told.map((why) => {
    switch (why.kind) {
      case 'last':
        return `the last ${String(schedule.alwaysKeep)}`
      case 'rule':
        return why.rule.text
      case 'future':
        return 'created in the future'
      case 'wanted':
        return 'wanted'
    }
  })
  return `keep: ${words.join(', ')}`
}
