/** Whether something may be removed; only `stale` permits it. */
export type Verdict = 'stale' | 'active' | 'unknown' | 'locked'

/**
 * @param age seconds since it was last written to; undefined: the store does not report it; slightly
 *   below 0 where one of its two times has whole seconds and the other has not
 * @param olderThan seconds
 * @param isLocked whether a run on this host is using it; asked only if nothing else keeps it
 */
export async function judge(
  age: number | undefined,
  olderThan: number,
  isLocked: () => Promise<boolean>,
): Promise<Verdict> {
  if (age === undefined) return 'unknown'
  if (Math.max(0, age) < olderThan) return 'active'
  return (await isLocked()) ? 'locked' : 'stale'
}
