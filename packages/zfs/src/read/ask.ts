import { Z3Error } from '@z3/core'
import { quote } from '@z3/pipeline'
import type { Run } from '../run.js'
import { stderrOf } from '../zfs-error.js'

/** What zfs says of a snapshot or a bookmark, and the line it said it in. */
export interface Row {
  readonly name: string
  readonly values: Readonly<Partial<Record<string, string>>>
  readonly line: string
}

/** The lines of what `zfs -H` printed. */
export function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}

/**
 * The columns of a line that `zfs -H` printed.
 *
 * @throws Z3Error `zfs-failed` when it has more or fewer than wanted
 */
export function columns(line: string, count: number): readonly string[] {
  const values = line.split('\t')
  if (values.length !== count) throw unexpected(line)
  return values
}

/** What zfs printed is not what it prints. */
export function unexpected(line: string, cause?: unknown): Z3Error {
  return new Z3Error('zfs-failed', `unexpected line from zfs: ${JSON.stringify(line)}`, {
    hint: "Report it, with the output of 'zfs version'.",
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Datasets, and bytes of their names, in one command. */
const MOST = 1000
const MOST_BYTES = 100_000

/**
 * Ask one command about many datasets or snapshots, as many as a command line
 * takes. Those that are not there (any more) are left out, and the others
 * asked again: zfs fails for all when it fails for one.
 *
 * @param ask is given some of them; answers are put one behind the other
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

/** All that zfs names; it goes on behind each. */
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

/**
 * The answer about a dataset, or undefined where there is no such dataset: all
 * other failures leave a doubt, and stay failures.
 *
 * @throws what the question throws
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
