import { Z3Error } from '@z3/core'
import { quote } from '@z3/pipeline'
import type { Run } from '../run.js'
import { stderrOf } from '../zfs-error.js'

/** The facts about a snapshot or bookmark, and the line they come from. */
export interface Row {
  readonly name: string
  readonly values: Readonly<Partial<Record<string, string>>>
  readonly line: string
}

/** The lines of `zfs -H` output. */
export function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}

/**
 * The columns of a line of `zfs -H` output.
 *
 * @throws Z3Error `zfs-failed` if the number of columns differs
 */
export function columns(line: string, count: number): readonly string[] {
  const values = line.split('\t')
  if (values.length !== count) throw unexpected(line)
  return values
}

/** The error for output that zfs should not print. */
export function unexpected(line: string, cause?: unknown): Z3Error {
  return new Z3Error('zfs-failed', `unexpected line from zfs: ${JSON.stringify(line)}`, {
    hint: "Report it, with the output of 'zfs version'.",
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Maximum number of datasets, and bytes of their names, per command. */
const MOST = 1000
const MOST_BYTES = 100_000

/**
 * Query many datasets or snapshots with as few commands as possible. Nonexistent ones are removed
 * and the query repeated: zfs fails for all if it fails for one.
 *
 * @param ask gets some of the names; the answers are concatenated
 * @throws what `ask` throws for another reason
 */
export async function askDatasets<T>(
  datasets: readonly string[],
  ask: (some: readonly string[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const answers: T[] = []
  for (const some of chunks(datasets)) {
    for (const answer of await askSome(some, ask)) answers.push(answer)
  }
  return answers
}

async function askSome<T>(
  some: readonly string[],
  ask: (some: readonly string[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  if (some.length === 0) return []
  try {
    return await ask(some)
  } catch (error) {
    const gone = new Set(missing(error))
    const left = some.filter((dataset) => !gone.has(dataset))
    if (left.length === some.length) throw error
    return askSome(left, ask)
  }
}

/** All names in the message of zfs; it continues after each error. */
function missing(error: unknown): readonly string[] {
  const said = stderrOf(error) ?? ''
  return Array.from(
    said.matchAll(/^cannot open '([^']*)': dataset does not exist$/gm),
    ([, name]) => name ?? '',
  )
}

function* chunks(datasets: readonly string[]): Generator<readonly string[]> {
  let some: string[] = []
  let bytes = 0
  for (const dataset of datasets) {
    const more = wordsLength([dataset])
    if (some.length === MOST || bytes + more > MOST_BYTES) {
      yield some
      some = []
      bytes = 0
    }
    some.push(dataset)
    bytes += more
  }
  yield some
}

/** Limits of a zfs that is not run directly. */
const limits = new WeakMap<Run, number>()

/**
 * Limit for the arguments of a command, bytes. Linux allows a quarter of the stack limit (2 MiB by
 * default) including the environment, FreeBSD 512 KiB, or 256 KiB on 32 bits. See execve(2).
 */
const HERE = process.platform === 'linux' ? 1_500_000 : 200_000

/**
 * Over ssh, all arguments are one word, which Linux limits to 128 KiB (MAX_ARG_STRLEN); env, sudo
 * and PATH need some of it.
 */
export const OVER_SSH = 120_000

/** Set the limit of a `zfs`. */
export function limitWords(run: Run, bytes: number): Run {
  limits.set(run, bytes)
  return run
}

/** Maximum total bytes of the arguments of one command. */
export function wordsLimit(run: Run): number {
  return limits.get(run) ?? HERE
}

/**
 * Bytes that words count towards the limit: quoted for a shell, plus 8 bytes each for a pointer.
 */
export function wordsLength(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + quote(word).length + 9, 0)
}

/**
 * The answer about a dataset, or undefined if the dataset does not exist. All other failures remain
 * failures.
 *
 * @throws what the query throws
 */
export async function ifThere<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question
  } catch (error) {
    if (error instanceof Z3Error && error.code === 'no-such-dataset') {
      return undefined
    }
    throw error
  }
}
