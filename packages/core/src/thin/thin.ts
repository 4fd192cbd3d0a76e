import type { Schedule, ThinRule } from './schedule.js'

/** Why a snapshot is kept. */
export type KeepReason =
  /** One of the newest snapshots, which the schedule always keeps. */
  | { readonly kind: 'last' }
  /** The oldest in its block of this rule. */
  | { readonly kind: 'rule'; readonly rule: ThinRule }
  /** Created in the future: a clock was wrong, and the age is unknown. */
  | { readonly kind: 'future' }
  /** The caller wants it. */
  | { readonly kind: 'wanted' }

/** A snapshot and the reasons to keep it. Without a reason it is obsolete. */
export interface Explained<T> {
  readonly snapshot: T
  readonly reasons: readonly KeepReason[]
}

/** The result of a schedule, both lists in the given order. */
export interface Thinned<T> {
  readonly keep: readonly T[]
  readonly destroy: readonly T[]
}

/**
 * Divide snapshots into kept and obsolete ones, by the rules of explainThin.
 *
 * @param snapshots oldest first, by createtxg; `created` in epoch seconds
 * @param now epoch seconds
 * @param keep whether a snapshot is kept in any case
 */
export function thin<T extends { readonly created: number }>(
  snapshots: readonly T[],
  schedule: Schedule,
  now: number,
  keep?: (one: T) => boolean,
): Thinned<T> {
  const thinned = { keep: [] as T[], destroy: [] as T[] }
  for (const one of explainThin(snapshots, schedule, now, keep)) {
    const kept = one.reasons.length > 0
    thinned[kept ? 'keep' : 'destroy'].push(one.snapshot)
  }
  return thinned
}

/**
 * The obsolete snapshots of a backup, by the rules of explainThin; never the newest, the parent of
 * the next increment.
 *
 * @param ours oldest first, by createtxg; `created` in epoch seconds
 * @param schedule undefined: nothing is thinned
 * @param now epoch seconds
 */
export function obsoleteOf<T extends { readonly created: number }>(
  ours: readonly T[],
  schedule: Schedule | undefined,
  now: number,
): readonly T[] {
  if (!schedule) return []
  const newest = ours.at(-1)
  return thin(ours, schedule, now, (one) => one === newest).destroy
}

/** Whether a snapshot was created later than now, epoch seconds. */
export function isFuture({ created }: { readonly created: number }, now: number): boolean {
  return Math.trunc(created) > Math.trunc(now)
}

/**
 * What keeps each snapshot, by zfs-autobackup's rules:
 *
 * - Time is cut into blocks as long as a rule's period, counted from the epoch: days are those of
 *   UTC, and weeks begin on a Thursday. Rules of the same period share their blocks.
 * - Among the snapshots of a block that are not older than its ttl, a rule keeps the oldest. A
 *   snapshot of the future is not too old.
 * - The newest snapshots are kept, as many as the schedule says.
 * - A snapshot of the future is kept until the clock has reached it: a clock was wrong, and its age
 *   is not known. zfs-autobackup thins it by its block.
 * - Snapshots that the caller wants are kept too. They take only the block that they would take
 *   otherwise.
 *
 * The order of the list decides which snapshot is older, not the times: after a clock was set back,
 * the newest snapshot does not have the latest time. Lists are in the order of createtxg.
 *
 * @param snapshots oldest first, by createtxg; `created` in epoch seconds
 * @param now epoch seconds
 * @param keep whether a snapshot is kept in any case
 * @returns one entry for each snapshot, in the same order
 */
export function explainThin<T extends { readonly created: number }>(
  snapshots: readonly T[],
  schedule: Schedule,
  now: number,
  keep: (one: T) => boolean = () => false,
): readonly Explained<T>[] {
  const periods = byPeriod(schedule.rules)
  const firstOfLast = snapshots.length - schedule.alwaysKeep
  return snapshots.map((snapshot, i) => {
    const reasons: KeepReason[] = []
    if (i >= firstOfLast) reasons.push({ kind: 'last' })
    const created = Math.trunc(snapshot.created)
    const age = Math.trunc(now) - created
    for (const { period, rules, taken } of periods) {
      const block = Math.trunc(created / period)
      if (taken.has(block)) continue
      const wanting = rules.filter(({ ttl }) => age <= ttl)
      if (wanting.length === 0) continue
      taken.add(block)
      for (const rule of wanting) reasons.push({ kind: 'rule', rule })
    }
    if (isFuture(snapshot, now)) reasons.push({ kind: 'future' })
    if (keep(snapshot)) reasons.push({ kind: 'wanted' })
    return { snapshot, reasons }
  })
}

interface Period {
  readonly period: number
  readonly rules: ThinRule[]
  /** The blocks that have their snapshot, by number from the epoch. */
  readonly taken: Set<number>
}

function byPeriod(rules: readonly ThinRule[]): readonly Period[] {
  const periods = new Map<number, Period>()
  for (const rule of rules) {
    const { period } = rule
    const same = periods.get(period) ?? { period, rules: [], taken: new Set() }
    same.rules.push(rule)
    periods.set(period, same)
  }
  return [...periods.values()]
}
