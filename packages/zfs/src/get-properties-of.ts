import { checkDatasetName } from '@z3/core'
import { askDatasets } from './ask-datasets.js'
import { learn, recall, withOptions } from './capabilities.js'
import type { Run } from './run.js'
import { columns, lines, unexpected } from './table.js'
import { invalidProperty } from './zfs-error.js'

/** Properties by name; one that has no value is left out. */
export type Properties = Readonly<Partial<Record<string, string>>>

/**
 * Properties of many datasets in few commands, numbers and times unrounded:
 * filesystems and volumes by their names, in zfs's order. One that has no value
 * there (zfs prints `-`), or that this zfs does not know, is left out; so is a
 * dataset that is not there.
 *
 * @param below also of all that is below
 * @throws Z3Error `invalid-name`; `zfs-failed` on output that is not zfs's
 */
export async function getPropertiesOf(
  run: Run,
  datasets: readonly string[],
  names: readonly string[],
  below = false,
): Promise<ReadonlyMap<string, Properties>> {
  datasets.forEach(checkDatasetName)
  const found = new Map<string, Record<string, string>>()
  await askDatasets(datasets, async (some) => {
    for (const line of lines(await ask(run, some, names, below))) {
      const [name = '', property = '', value = ''] = columns(line, 3)
      // where -t is not known
      if (name.includes('@')) continue
      const values = found.get(name) ?? {}
      if (!names.includes(property)) throw unexpected(line)
      if (value !== '-') values[property] = value
      found.set(name, values)
    }
    return []
  })
  return found
}

async function ask(
  run: Run,
  datasets: readonly string[],
  names: readonly string[],
  below: boolean,
): Promise<string> {
  const known = names.filter((name) => recall(run, `get ${name}`) !== false)
  const get = (...words: readonly string[]): Promise<string> =>
    run([
      ...['get', '-Hp', ...words, ...(below ? ['-r'] : [])],
      ...['-o', 'name,property,value', known.join(), ...datasets],
    ])
  try {
    return await withOptions(
      run,
      'get',
      't',
      () => get('-t', 'filesystem,volume'),
      () => get(),
    )
  } catch (error) {
    const unknown = invalidProperty(error)
    if (unknown === undefined || !known.includes(unknown)) throw error
    // zfs names the first; each further try has one less
    learn(run, `get ${unknown}`, false)
    return ask(run, datasets, names, below)
  }
}
