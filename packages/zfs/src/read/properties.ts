import { checkDatasetName, formatSnapshotName, Z3Error, type SnapshotName } from '@z3/core'
import type { Run } from '../run.js'
import { askDatasets, columns, lines, unexpected } from './ask.js'
import { withKnownProperties, withTypes } from './old-zfs.js'

/** Properties by name; one that has no value is left out. */
export type Properties = Readonly<Partial<Record<string, string>>>

/**
 * Properties of a dataset, numbers and times unrounded. One that has no value
 * there (zfs prints `-`), or that this zfs does not know, is left out.
 *
 * @throws Z3Error `no-such-dataset`; `invalid-name`; `zfs-failed` on output
 *   that is not zfs's
 */
export async function getProperties(
  run: Run,
  dataset: string,
  names: readonly string[],
): Promise<Properties> {
  checkDatasetName(dataset)
  const found = await withKnownProperties(run, names, async (known) => {
    const text = await run(['get', '-Hp', '-o', 'property,value', known.join(), dataset])
    return parse(text, known)
  })
  return found ?? {}
}

function parse(text: string, names: readonly string[]): Properties {
  const values = new Map<string, string>()
  for (const line of lines(text)) {
    const tab = line.indexOf('\t')
    const name = line.slice(0, Math.max(tab, 0))
    if (!names.includes(name) || values.has(name)) throw unexpected(line)
    values.set(name, line.slice(tab + 1))
  }
  const missing = names.find((name) => !values.has(name))
  if (missing !== undefined) throw unexpected(`(nothing of ${missing})`)
  return Object.fromEntries([...values].filter(([, value]) => value !== '-'))
}

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
    const text = await withKnownProperties(run, names, (known) =>
      withTypes(run, (types) =>
        run([
          ...['get', '-Hp', ...types, ...(below ? ['-r'] : [])],
          ...['-o', 'name,property,value', known.join(), ...some],
        ]),
      ),
    )
    for (const line of lines(text ?? '')) {
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

/**
 * The guid of a snapshot, in decimal.
 *
 * @returns undefined where there is no such snapshot
 * @throws Z3Error `zfs-failed` and others, when it cannot be told
 */
export async function snapshotGuid(run: Run, snapshot: SnapshotName): Promise<string | undefined> {
  try {
    const text = await run(['get', '-Hp', '-o', 'value', 'guid', formatSnapshotName(snapshot)])
    const [guid = ''] = lines(text)
    if (!/^\d+$/.test(guid)) throw unexpected(text)
    return guid
  } catch (error) {
    const missing =
      error instanceof Z3Error && ['no-such-snapshot', 'no-such-dataset'].includes(error.code)
    if (missing) return undefined
    throw error
  }
}
