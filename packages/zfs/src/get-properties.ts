import { checkDatasetName } from '@z3/core'
import { learn, recall } from './capabilities.js'
import type { Run } from './run.js'
import { lines, unexpected } from './table.js'
import { invalidProperty } from './zfs-error.js'

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
): Promise<Readonly<Partial<Record<string, string>>>> {
  checkDatasetName(dataset)
  const known = names.filter((name) => recall(run, `get ${name}`) !== false)
  if (known.length === 0) return {}
  try {
    const text = await run(['get', '-Hp', '-o', 'property,value', known.join(), dataset])
    return parse(text, known)
  } catch (error) {
    const unknown = invalidProperty(error)
    if (unknown === undefined || !known.includes(unknown)) throw error
    // zfs names the first; each further try has one less
    learn(run, `get ${unknown}`, false)
    return getProperties(run, dataset, known)
  }
}

function parse(text: string, names: readonly string[]): Readonly<Partial<Record<string, string>>> {
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
