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
 * @param before only objects that were last verified before this time, epoch seconds, or never
 */
export function planVerify<T>(
  objects: readonly T[],
  lastVerified: (object: T) => number | undefined,
  share = 1,
  before = Infinity,
): readonly T[] {
  return objects
    .map((object) => ({ object, time: lastVerified(object) ?? -Infinity }))
    .filter(({ time }) => time < before)
    .sort((a, b) => (a.time === b.time ? 0 : a.time - b.time))
    .slice(0, Math.ceil(objects.length * share))
    .map(({ object }) => object)
}
