import { wordsLength } from './words-limit.js'
import { stderrOf } from './zfs-error.js'

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
