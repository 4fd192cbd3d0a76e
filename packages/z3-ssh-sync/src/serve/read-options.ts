import { NotAllowed } from './not-allowed.js'

/** Whether a value of an option is allowed; `flag`: it takes none. */
export type Value = 'flag' | ((value: string) => boolean)

/** The options of a command that are allowed, by their letters. */
export type OptionTable = Readonly<Partial<Record<string, Value>>>

/** An option that was given. */
export interface Given {
  readonly letter: string
  /** Undefined for a flag. */
  readonly value: string | undefined
}

export interface Parsed {
  readonly given: readonly Given[]
  readonly operands: readonly string[]
}

/**
 * Read words as getopt does, the options first: letters in bundles, a value in
 * the same word or in the next one. glibc's getopt would find options behind
 * operands, too: nothing there may look like one.
 *
 * @throws NotAllowed for what the table does not have
 */
export function readOptions(words: readonly string[], table: OptionTable): Parsed {
  const given: Given[] = []
  const rest = [...words]
  while (rest[0]?.startsWith('-') === true) {
    let letters = rest.shift()?.slice(1) ?? ''
    if (letters === '' || letters.startsWith('-')) {
      throw new NotAllowed(`option '-${letters}'`)
    }
    while (letters !== '') {
      const letter = letters.charAt(0)
      letters = letters.slice(1)
      const check = Object.hasOwn(table, letter) ? table[letter] : undefined
      if (check === undefined) throw new NotAllowed(`option -${letter}`)
      if (check === 'flag') {
        given.push({ letter, value: undefined })
        continue
      }
      const value = letters === '' ? rest.shift() : letters
      letters = ''
      if (value === undefined || !check(value)) {
        throw new NotAllowed(`-${letter} '${value ?? ''}'`)
      }
      given.push({ letter, value })
    }
  }
  const option = rest.find((word) => word.startsWith('-'))
  if (option !== undefined) throw new NotAllowed(`'${option}' behind a name`)
  return { given, operands: rest }
}

/** Write options again, each by itself, so that they cannot be misread. */
export function writeOptions(given: readonly Given[]): readonly string[] {
  return given.flatMap(({ letter, value }) =>
    value === undefined ? [`-${letter}`] : [`-${letter}`, value],
  )
}
