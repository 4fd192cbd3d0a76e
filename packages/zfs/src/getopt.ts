/** An option that was given. */
export interface GivenOption {
  readonly letter: string
  /** Undefined if the letter takes no value, or no word is left. */
  readonly value: string | undefined
}

/**
 * Parse leading options as getopt(3) does: bundled letters, a value in the same word or the next
 * one, whatever it looks like. Stops at the first word that is not a bundle of letters: an operand,
 * `-`, `--`, `--long`. The caller checks which letters are allowed.
 *
 * @returns the options in order, and the remaining words
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
