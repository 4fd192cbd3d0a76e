import type { KeepReason, Schedule } from '@z3/core'

/** What keeps a snapshot, or that nothing does, in words. */
export function explain(
  reasons: readonly KeepReason[],
  schedule: Schedule,
): string {
  if (reasons.length === 0) return 'destroy: no rule keeps it'
  const words = reasons.map((why) => {
    switch (why.kind) {
      case 'last':
        return `the last ${String(schedule.alwaysKeep)}`
      case 'rule':
        return why.rule.text
      case 'wanted':
        return 'wanted'
    }
  })
  return `keep: ${words.join(', ')}`
}
