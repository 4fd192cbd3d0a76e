import { getopt, type GivenOption } from '@z3/zfs'
import { NotAllowed } from './policy.js'

/** Whether a value of an option is allowed; `flag`: the option takes none. */
export type Value = 'flag' | ((value: string) => boolean)

/** The allowed options of a command, by letter. */
export type OptionTable = Readonly<Partial<Record<string, Value>>>

/** An option that was given. */
export type Given = GivenOption

export interface Parsed {
  readonly given: readonly Given[]
  readonly operands: readonly string[]
}

/**
 * Parse words as getopt does, options first, and check each against the table. glibc's getopt also
 * finds options after operands: nothing there may look like one.
 *
 * @throws NotAllowed for anything that is not in the table
 */
export function readOptions(words: readonly string[], table: OptionTable): Parsed {
  const checkOf = (letter: string) => (Object.hasOwn(table, letter) ? table[letter] : undefined)
  const { given, rest } = getopt(words, (letter) => typeof checkOf(letter) === 'function')
  for (const { letter, value } of given) {
    const check = checkOf(letter)
    if (check === undefined) throw new NotAllowed(`option -${letter}`)
    if (check !== 'flag' && (value === undefined || !check(value))) {
      throw new NotAllowed(`-${letter} '${value ?? ''}'`)
    }
  }
  if (rest[0]?.startsWith('-') === true) throw new NotAllowed(`option '${rest[0]}'`)
  const option = rest.find((word) => word.startsWith('-'))
  if (option !== undefined) throw new NotAllowed(`'${option}' after a name`)
  return { given, operands: rest }
}

/** Write options again, each as its own word, so that they are unambiguous. */
export function writeOptions(given: readonly Given[]): readonly string[] {
  return given.flatMap(({ letter, value }) =>
    value === undefined ? [`-${letter}`] : [`-${letter}`, value],
  )
}
