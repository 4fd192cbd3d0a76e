import { distance } from 'fastest-levenshtein'

/**
 * The candidate that a word was probably meant to be, case aside.
 *
 * @returns undefined where none is near
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  return nearest(word, candidates, 1)[0]
}

/**
 * The candidates that a word may have been meant to be, case aside: the nearest
 * first, in their own order where they are equally near.
 *
 * @param count how many at most
 */
export function nearest(
  word: string,
  candidates: readonly string[],
  count: number,
): readonly string[] {
  return candidates
    .map((name) => ({
      name,
      steps: distance(word.toUpperCase(), name.toUpperCase()),
    }))
    .filter(({ name, steps }) => steps <= Math.max(1, name.length / 3))
    .sort((a, b) => a.steps - b.steps)
    .slice(0, count)
    .map(({ name }) => name)
}
