import type { Arguments } from '@z3/cli'
import type { Options } from './command-line.js'

type Name = keyof Options

/**
 * Options that contradict each other: zfs-autobackup takes both, so a command
 * line may have them, as one that a wrapper adds to.
 */
const PAIRS: readonly (readonly [Name, Name])[] = [
  ['progress', 'no-progress'],
  ['exclude-received', 'include-received'],
  ['raw', 'decrypt'],
  ['no-holds', 'keep-common'],
  ['no-bookmarks', 'keep-common'],
  ['exclude-unchanged', 'ignore-replicated'],
]

/** What these choose is to be seen by itself. */
const HARMLESS: ReadonlySet<Name> = new Set(['progress'])

/**
 * Of two options that contradict each other the later one counts.
 *
 * @param argv the words that `args` were read from
 * @returns the arguments without the earlier ones, and notes of those that
 *   change what is done
 */
export function laterWins(
  args: Arguments<Options>,
  argv: readonly string[],
): { readonly args: Arguments<Options>; readonly notes: readonly string[] } {
  const settled: Record<string, unknown> = { ...args }
  const notes: string[] = []
  for (const [one, other] of PAIRS) {
    if (!isGiven(settled[one]) || !isGiven(settled[other])) continue
    const isFirst = lastPlace(argv, one) < lastPlace(argv, other)
    const [earlier, later] = isFirst ? [one, other] : [other, one]
    settled[earlier] = undefined
    if (HARMLESS.has(one)) continue
    notes.push(`--${earlier} does not count, since --${later} comes later`)
  }
  return { args: settled as unknown as Arguments<Options>, notes }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false
}

/** No value begins with two dashes: the parser takes that for an option. */
function lastPlace(argv: readonly string[], name: Name): number {
  return argv.findLastIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`))
}
