import { checkDatasetName, formatSnapshotName, Z3Error, type SnapshotName } from '@z3/core'
import type { Run } from '../run.js'
import { askDatasets, columns, lines, unexpected } from './ask.js'
import { withKnownProperties, withTypes } from './old-zfs.js'

/** Properties by name, without those that have no value. */
export type Properties = Readonly<Partial<Record<string, string>>>

/**
 * Properties of a dataset, with exact numbers and times. Properties without a value (`-`) or
 * unknown to this zfs are omitted.
 *
 * @throws Z3Error `no-such-dataset`; `invalid-name`; `zfs-failed` for unparsable output
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
  if (missing !== undefined) throw unexpected(`(no line for ${missing})`)
  return Object.fromEntries([...values].filter(([, value]) => value !== '-'))
}

/**
 * Properties of many datasets with few commands, exact numbers and times: filesystems and volumes
 * by name, in the order of zfs. Omitted are properties without a value (`-`) or unknown to this
 * zfs, and nonexistent datasets.
 *
 * @param below include all descendants
 * @throws Z3Error `invalid-name`; `zfs-failed` for unparsable output
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
      // a zfs without -t lists snapshots, too
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
 * @returns undefined if the snapshot does not exist
 * @throws Z3Error `zfs-failed` and others if that is unknown
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
