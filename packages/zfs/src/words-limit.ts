import { quote } from '@z3/pipeline'
import type { Run } from './run.js'

/** For a zfs that is reached in another way. */
const limits = new WeakMap<Run, number>()

/**
 * Of the words of a command, bytes: what Linux takes is a quarter of the stack's
 * limit, 2 MiB by default, for the environment too; FreeBSD 512 KiB, 256 KiB on
 * 32 bits. See execve(2).
 */
const HERE = process.platform === 'linux' ? 1_500_000 : 200_000

/**
 * Behind ssh all words are one, and Linux takes none longer than 128 KiB
 * (MAX_ARG_STRLEN); some of it is for env, sudo and PATH.
 */
export const OVER_SSH = 120_000

/** Set the limit of a `zfs`. */
export function limitWords(run: Run, bytes: number): Run {
  limits.set(run, bytes)
  return run
}

/** The most bytes that the arguments of one command of this `zfs` may take. */
export function wordsLimit(run: Run): number {
  return limits.get(run) ?? HERE
}

/** What words take of it: quoted for a shell, and 8 bytes each for a pointer. */
export function wordsLength(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + quote(word).length + 9, 0)
}
