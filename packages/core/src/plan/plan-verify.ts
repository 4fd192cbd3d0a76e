/** How thoroughly `z3 verify` checks objects. */
export const VERIFY_LEVELS = ['head', 'data', 'stream'] as const

export type VerifyLevel = (typeof VERIFY_LEVELS)[number]

/** Whether a level includes the checks of another. */
export function isAtLeast(level: VerifyLevel, wanted: VerifyLevel): boolean {
  return VERIFY_LEVELS.indexOf(level) >= VERIFY_LEVELS.indexOf(wanted)
}

/**
 * What to verify, in order: first what was never verified, then the least recently verified, so
 * that interrupted runs eventually verify everything.
 *
 * @param lastVerified epoch seconds; undefined: never
 * @param share of the objects to verify, above 0 and at most 1; at least one object
 */
export function planVerify<T>(
  objects: readonly T[],
  lastVerified: (object: T) => number | undefined,
  share = 1,
): readonly T[] {
  const times = new Map(objects.map((object) => [object, lastVerified(object) ?? -Infinity]))
  const order = objects.toSorted((a, b) => {
    const [one = 0, other = 0] = [times.get(a), times.get(b)]
    return one === other ? 0 : one - other
  })
  return order.slice(0, Math.ceil(objects.length * share))
}
