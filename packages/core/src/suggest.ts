import { distance } from 'fastest-levenshtein'

/**
 * The candidate most similar to a word, ignoring case.
 *
 * @returns undefined if none is similar
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  return nearest(word, candidates, 1)[0]
}

/**
 * The candidates similar to a word, ignoring case: the most similar first, ties in the given order.
 *
 * @param count maximum number
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
