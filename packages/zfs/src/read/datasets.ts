import { checkDatasetName, isWithin, type SelectionRow } from '@z3/core'
import type { Run } from '../run.js'
import { withTypes } from './old-zfs.js'
import { invalidProperty } from '../zfs-error.js'
import { lines, unexpected } from './ask.js'

/** A query for `zfs get`. */
export interface FactsQuestion {
  /** A user property to read as well. */
  readonly property?: string
  /** Default: all datasets of the host. */
  readonly datasets?: readonly string[]
  /** Include their descendants. */
  readonly recursive?: boolean
}

/**
 * Properties to read of each dataset. A user property comes last, since its value may contain tabs
 * and newlines.
 */
const FACTS = ['type', 'written', 'createtxg'] as const

/**
 * Filesystems and volumes, each after its parent, with a single command.
 *
 * @throws Z3Error `no-such-dataset`; `zfs-failed`, also for unparsable output
 */
export async function readFacts(
  run: Run,
  question: FactsQuestion,
): Promise<readonly SelectionRow[]> {
  const [type, ...others] = FACTS
  try {
    return parse(await ask(run, FACTS, question), FACTS, question)
  } catch (error) {
    const unknown = invalidProperty(error)
    if (others.every((name) => name !== unknown)) throw error
    // zfs-fuse supports none of the others
    return parse(await ask(run, [type], question), [type], question)
  }
}

function ask(
  run: Run,
  facts: readonly string[],
  { property, datasets = [], recursive = false }: FactsQuestion,
): Promise<string> {
  const properties = [...facts, ...(property === undefined ? [] : [property])]
  const words = [
    '-Hp',
    ...(recursive ? ['-r'] : []),
    '-o',
    'name,property,value,source',
    properties.join(),
    ...datasets,
  ]
  return withTypes(run, (types) => run(['get', ...types, ...words]))
}

const NAME = '[^\\t\\n]+'
const SOURCE = `-|local|default|received|temporary|none|inherited from ${NAME}`

/**
 * Matches the lines of a dataset. The value of a user property ends where its source follows, and
 * then another dataset or the end.
 */
function record(facts: readonly string[], property: string | undefined): RegExp {
  const lines = facts.map((fact) => `\\k<name>\\t${fact}\\t(?<${fact}>[^\\t\\n]*)\\t-\\n`)
  const last =
    property === undefined
      ? ''
      : `\\k<name>\\t${property.replaceAll('.', '\\.')}\\t(?<value>.*?)\\t(?<source>${SOURCE})\\n`
  return new RegExp(
    `(?=(?<name>${NAME})\\t)${lines.join('')}${last}(?=$|${NAME}\\t${String(facts[0])}\\t)`,
    'sy',
  )
}

function parse(
  text: string,
  facts: readonly string[],
  { property }: FactsQuestion,
): readonly SelectionRow[] {
  const pattern = record(facts, property)
  const rows = new Map<string, SelectionRow>()
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    const strange = () => unexpected(text.slice(at).split('\n', 1).join())
    if (!match) throw strange()
    const { name = '', type, written, createtxg, value = '-', source = '-' } = match.groups ?? {}
    // a zfs without -t lists snapshots, too
    if (type === 'snapshot') continue
    if (
      (type !== 'filesystem' && type !== 'volume') ||
      rows.has(name) ||
      ![written ?? '0', createtxg ?? '0'].every((n) => /^\d+$/.test(n))
    ) {
      throw strange()
    }
    rows.set(name, {
      dataset: name,
      type,
      value,
      source,
      ...(createtxg === undefined ? {} : { createtxg }),
      written: written === undefined ? Infinity : Number(written),
    })
  }
  return [...rows.values()]
}

/**
 * The filesystems and volumes of a host with the selecting property, for `selectDatasets`: each
 * after its parent, with a single command.
 *
 * @param property a valid property name, see `backupNames`
 * @throws Z3Error `zfs-failed`, also for unparsable output
 */
export function readSelection(run: Run, property: string): Promise<readonly SelectionRow[]> {
  return readFacts(run, { property })
}

/**
 * Datasets as if a property had selected each of them, for `selectDatasets`: for users who name
 * datasets instead of setting a property.
 *
 * @param recursive include their descendants
 * @throws Z3Error `no-such-dataset`; `invalid-name`; `zfs-failed`, also for unparsable output
 */
export async function readDatasets(
  run: Run,
  datasets: readonly string[],
  recursive: boolean,
): Promise<readonly SelectionRow[]> {
  for (const dataset of datasets) checkDatasetName(dataset)
  const once = [...new Set(datasets)]
  // zfs would list descendants of two of them twice
  const tops = once.filter(
    (dataset) => !recursive || !once.some((other) => other !== dataset && isWithin(dataset, other)),
  )
  const rows = await readFacts(run, { datasets: tops, recursive })
  return rows.map((row) => ({ ...row, value: 'true', source: 'local' }))
}

/**
 * Full names of the filesystems and volumes below a dataset, each after its parent.
 *
 * @param depth maximum depth; default: unlimited
 * @throws Z3Error `no-such-dataset`, `invalid-name`
 */
export async function listBelow(
  run: Run,
  dataset: string,
  depth?: number,
): Promise<readonly string[]> {
  checkDatasetName(dataset)
  const text = await run([
    'list',
    '-H',
    '-r',
    ...(depth === undefined ? [] : ['-d', String(depth)]),
    '-t',
    'filesystem,volume',
    '-o',
    'name',
    dataset,
  ])
  return lines(text).filter((name) => name !== dataset)
}
