import { suggest } from '@z3/core'
import { IMPLIED, type Option, type OptionTable } from './command-spec.js'

/** What an unknown option was probably meant to be: `, did you mean --quiet?` */
export function suggestOption(word: string, options: OptionTable): string {
  if (word.length < 3) return ''
  const names = Object.entries({ ...options, ...IMPLIED }).flatMap(
    ([name, { alias = [] }]: [string, Option]) => [name, ...[alias].flat()],
  )
  const meant = suggest(
    word,
    names.filter((name) => name.length > 2),
  )
  return meant === undefined ? '' : `, did you mean --${meant}?`
}
