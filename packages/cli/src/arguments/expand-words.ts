import { Z3Error } from '@z3/core'
import type { OptionTable } from './command-spec.js'

/**
 * Write the options of a command line as the parser reads them, as Python's argparse takes them
 * (https://docs.python.org/3/library/argparse.html, "Option value syntax", "Argument
 * abbreviations"): a value attached to a short option, `-s5M`, as `-s=5M`; an abbreviated long
 * option, `--dry`, in full; an option whose value is optional, `--progress`, with it. One word stays
 * one word, and what is no option of the table stays as it is.
 *
 * @param ambiguous what becomes of an abbreviation of several options; without it, it is an error
 * @throws Z3Error `usage`
 */
export function expandWords(
  argv: readonly string[],
  options: OptionTable,
  ambiguous: (word: string, names: readonly string[]) => string = refuse,
): string[] {
  const names = nameTable(options)
  const end = argv.indexOf('--')
  return argv.map((word, index) => {
    if (end >= 0 && index >= end) return word
    if (word.startsWith('--')) return addValue(expandLong(word, names, ambiguous), options)
    return word.startsWith('-') ? expandShort(word, names, options) : word
  })
}

/** Every name of an option, short and long, and the one that the table has. */
function nameTable(options: OptionTable): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(options).flatMap(([name, { alias = [] }]) =>
      [name, ...[alias].flat()].map((other) => [other, name] as const),
    ),
  )
}

function expandLong(
  word: string,
  names: ReadonlyMap<string, string>,
  ambiguous: (word: string, names: readonly string[]) => string,
): string {
  const [, start = '', value = ''] = /^--([^=]*)(.*)$/s.exec(word) ?? []
  if (start === '') return word
  if (start.length > 1 && names.has(start)) return word
  const meant = [...names.keys()].filter((name) => name.length > 1 && name.startsWith(start))
  const [first] = meant
  if (first === undefined) return word
  const options = new Set(meant.map((name) => names.get(name)))
  return options.size === 1 ? `--${first}${value}` : ambiguous(word, meant)
}

function addValue(word: string, options: OptionTable): string {
  const { bare } = options[word.slice(2)] ?? {}
  return bare === undefined ? word : `${word}=${bare}`
}

function expandShort(
  word: string,
  names: ReadonlyMap<string, string>,
  options: OptionTable,
): string {
  for (let at = 1; at < word.length; at++) {
    const option = options[names.get(word.charAt(at)) ?? '']
    if (option === undefined) return word
    if (option.type === 'boolean') continue
    const value = word.slice(at + 1)
    return value === '' || value.startsWith('=') ? word : `${word.slice(0, at + 1)}=${value}`
  }
  return word
}

function refuse(word: string, names: readonly string[]): never {
  const [option = ''] = word.split('=')
  throw new Z3Error(
    'usage',
    `ambiguous option ${option} (could be ${names.map((name) => `--${name}`).join(', ')})`,
    { hint: 'Write the option in full.' },
  )
}
