import type { KeepReason, Schedule } from '@z3/core'

/** What keeps a snapshot, or that nothing does, in words. */
export function explain(reasons: readonly KeepReason[], schedule: Schedule): string {
  if (reasons.length === 0) return 'destroy: no rule keeps it'
  const isAhead = reasons.some(({ kind }) => kind === 'future')
  // one of the future is not counted among the last, unless createtxg says so
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
