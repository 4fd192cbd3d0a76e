import { getopt, type GivenOption } from '@z3/zfs'
import { NotAllowed } from './policy.js'

/** Whether a value of an option is allowed; `flag`: it takes none. */
export type Value = 'flag' | ((value: string) => boolean)

/** The options of a command that are allowed, by their letters. */
export type OptionTable = Readonly<Partial<Record<string, Value>>>

/** An option that was given. */
export type Given = GivenOption

export interface Parsed {
  readonly given: readonly Given[]
  readonly operands: readonly string[]
}

/**
 * Read words as getopt does, the options first, and check each against the table. glibc's getopt
 * would find options behind operands, too: nothing there may look like one.
 *
 * @throws NotAllowed for what the table does not have
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
  if (option !== undefined) throw new NotAllowed(`'${option}' behind a name`)
  return { given, operands: rest }
}

/** Write options again, each by itself, so that they cannot be misread. */
export function writeOptions(given: readonly Given[]): readonly string[] {
  return given.flatMap(({ letter, value }) =>
    value === undefined ? [`-${letter}`] : [`-${letter}`, value],
  )
}
