/** Snapshots of a dataset whose names begin alike. */
interface PrefixCount {
  /** A value for SNAPSHOT_PREFIX; '' if the names begin with a date. */
  readonly prefix: string
  /** Number of snapshots. */
  readonly count: number
}

/**
 * Group names of snapshots by what precedes their date or number, the largest group first, then by
 * name.
 *
 * A year or a longer number ends the prefix (`autosnap_2026-11-30_daily`), else a number at the end
 * of the name (`day-12`). Other names are prefixes themselves (`monday`), since a digit may belong
 * to the name of a backup (`offsite1-20261130`).
 *
 * @param names what follows the `@`
 */
export function groupByPrefix(names: readonly string[]): readonly PrefixCount[] {
  const counts = new Map<string, number>()
  for (const name of names) {
    const prefix = prefixOf(name)
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1)
  }
  return Array.from(counts, ([prefix, count]) => ({ prefix, count })).sort(
    (a, b) => b.count - a.count || (a.prefix < b.prefix ? -1 : 1),
  )
}

function prefixOf(name: string): string {
  const date = name.search(/\d{4}/)
  return date >= 0 ? name.slice(0, date) : name.replace(/\d+$/, '')
}

/** Prefixes that are listed before 'and N others'. */
const LISTED = 5

/**
 * The prefixes of a dataset's snapshots, and how to choose the first of them: for a SNAPSHOT_PREFIX
 * that matches no snapshot.
 *
 * @param names what follows the `@`
 * @returns undefined: there are no snapshots
 */
export function describePrefixes(dataset: string, names: readonly string[]): string | undefined {
  const groups = groupByPrefix(names)
  const [first] = groups
  if (first === undefined) return undefined
  const listed = groups
    .slice(0, LISTED)
    .map(({ prefix, count }) => `${prefix === '' ? '(date only)' : prefix} ${String(count)}`)
  const others = groups.length - listed.length
  const all = [...listed, ...(others > 0 ? [`and ${String(others)} other prefixes`] : [])]
  const { prefix } = first
  const flag = /^[\w.:-]*$/.test(prefix) ? prefix : `'${prefix}'`
  return `Existing prefixes: ${all.join(', ')}; use --snapshot-prefix=${flag}, or 'SNAPSHOT_PREFIX = ${prefix}' in [fs:${dataset}].`
}
