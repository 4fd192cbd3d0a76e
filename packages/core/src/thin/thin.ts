import type { Schedule, ThinRule } from './schedule.js'

/** Why a snapshot is kept. */
export type KeepReason =
  /** It is one of the newest, which the schedule always keeps. */
  | { readonly kind: 'last' }
  /** It is the oldest in its block of this rule. */
  | { readonly kind: 'rule'; readonly rule: ThinRule }
  /** It was created later than now: a clock was wrong, and its age is unknown. */
  | { readonly kind: 'future' }
  /** The caller wants it. */
  | { readonly kind: 'wanted' }

/** A snapshot and all that keeps it; it is let go where nothing does. */
export interface Explained<T> {
  readonly snapshot: T
  readonly reasons: readonly KeepReason[]
}

/** What a schedule makes of snapshots, both in the order they came in. */
export interface Thinned<T> {
  readonly keep: readonly T[]
  readonly destroy: readonly T[]
}

/**
 * Tell the snapshots that a schedule keeps from those that it lets go, by the
 * rules of explainThin.
 *
 * @param snapshots oldest first, by createtxg; `created` in epoch seconds
 * @param now epoch seconds
 * @param keep is this one kept in any case?
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
 * The snapshots of a backup that a schedule lets go, by the rules of
 * explainThin; never the newest, which the next increment builds on.
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
 * - Time is cut into blocks as long as a rule's period, counted from the epoch:
 *   days are those of UTC, and weeks begin on a Thursday. Rules of the same
 *   period share their blocks.
 * - Of the snapshots in a block that are not older than the rule's ttl, it keeps
 *   the first: the oldest. One of the future is not too old.
 * - The last of all are kept, as many as the schedule says.
 * - A snapshot of the future is kept until the clock has reached it: a clock was
 *   wrong, and its age is not known. zfs-autobackup thins it by its block.
 * - What the caller wants is kept, too. It takes a block as it would have done
 *   unwanted, and no other.
 *
 * The list decides which snapshot is older, and which are the last, whatever the
 * times are: after a clock was set back, the newest snapshot does not have the
 * latest time. So a list comes in the order of createtxg.
 *
 * @param snapshots oldest first, by createtxg; `created` in epoch seconds
 * @param now epoch seconds
 * @param keep is this one kept in any case?
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
