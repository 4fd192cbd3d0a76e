/** An option that was given. */
export interface GivenOption {
  readonly letter: string
  /** Undefined where the letter takes none, or nothing is left to be it. */
  readonly value: string | undefined
}

/**
 * Read the options that words begin with, as getopt(3) does: letters in bundles, a value in the
 * same word or in the next one, whatever that looks like. It ends at the first word that is no
 * bundle of letters: an operand, `-`, `--`, `--long`. Which letters are allowed is for the caller
 * to check.
 *
 * @returns the options in their order, and the words behind them, unread
 */
export function getopt(
  words: readonly string[],
  takesValue: (letter: string) => boolean,
): { readonly given: readonly GivenOption[]; readonly rest: readonly string[] } {
  const given: GivenOption[] = []
  const rest = [...words]
  while (rest[0] !== undefined && /^-[^-]/s.test(rest[0])) {
    let letters = rest.shift()?.slice(1) ?? ''
    while (letters !== '') {
      const letter = letters.charAt(0)
      letters = letters.slice(1)
      if (takesValue(letter)) {
        given.push({ letter, value: letters === '' ? rest.shift() : letters })
        break
      }
      given.push({ letter, value: undefined })
    }
  }
  return { given, rest }
}
