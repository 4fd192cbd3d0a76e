import type { Arguments } from '@z3/cli'
import type { Options } from './command-line.js'

type Name = keyof Options

/**
 * Contradicting options: zfs-autobackup accepts both, so a command line may contain them, for
 * example one that a wrapper extends.
 */
const PAIRS: readonly (readonly [Name, Name])[] = [
  ['progress', 'no-progress'],
  ['exclude-received', 'include-received'],
  ['raw', 'decrypt'],
  ['no-holds', 'keep-common'],
  ['no-bookmarks', 'keep-common'],
  ['exclude-unchanged', 'ignore-replicated'],
]

/** Their effect is visible, so no note is needed. */
const HARMLESS: ReadonlySet<Name> = new Set(['progress'])

/**
 * The later of two contradicting options wins.
 *
 * @param argv the words that `args` were parsed from
 * @returns the arguments without the earlier ones, and notes if they change what is done
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
    notes.push(`--${later} overrides the earlier --${earlier}`)
  }
  return { args: settled as unknown as Arguments<Options>, notes }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false
}

/** The parser takes a word with two dashes for an option, never for a value. */
function lastPlace(argv: readonly string[], name: Name): number {
  return argv.findLastIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`))
}
