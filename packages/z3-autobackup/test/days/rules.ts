/** A snapshot as `zfs list` tells it. */
export interface Seen {
  readonly name: string
  readonly guid: string
  /** Epoch seconds. */
  readonly created: number
}

const DAY = 86_400
const WEEK = 7 * DAY
const MONTH = 30 * DAY
const YEAR = 365.25 * DAY

/**
 * What `LAST,1d1w,1w1m,1m1y` keeps, with 10 as the default, written once more from docs/thinning.md, so
 * that the program is not judged by its own code.
 *
 * @param list by createtxg, the oldest first
 * @returns guids
 */
export const keptByDefault = (
  list: readonly Seen[],
  now: number,
  last = 10,
): ReadonlySet<string> => {
  const kept = new Set(list.slice(-last).map(({ guid }) => guid))
  for (const [interval, ttl] of [
    [DAY, WEEK],
    [WEEK, MONTH],
    [MONTH, YEAR],
  ] as const) {
    const blocks = new Set<number>()
    for (const { guid, created } of list) {
      const block = Math.floor(created / interval)
      if (now - created > ttl || blocks.has(block)) continue
      blocks.add(block)
      kept.add(guid)
    }
  }
  for (const { guid, created } of list) if (created > now) kept.add(guid)
  return kept
}
