import type { SelectionRow } from '@z3/core'
import { withOptions } from './capabilities.js'
import type { Run } from './run.js'
import { unexpected } from './table.js'
import { invalidProperty } from './zfs-error.js'

/** What to ask `zfs get`. */
export interface FactsQuestion {
  /** A property of the user's own, to read besides. */
  readonly property?: string
  /** Default: all of the host. */
  readonly datasets?: readonly string[]
  /** Those below them, too. */
  readonly recursive?: boolean
}

/**
 * What is asked of each dataset. A property of the user's own stands behind it:
 * its value may hold tabs and line ends.
 */
const FACTS = ['type', 'written', 'createtxg'] as const

/**
 * Filesystems and volumes, each after what it is in. One command, whatever there
 * is.
 *
 * @throws Z3Error `no-such-dataset`; `zfs-failed`, also on output that is not
 *   zfs's
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
    // zfs-fuse has none of them
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
  return withOptions(
    run,
    'get',
    't',
    () => run(['get', '-t', 'filesystem,volume', ...words]),
    () => run(['get', ...words]),
  )
}

const NAME = '[^\\t\\n]+'
const SOURCE = `-|local|default|received|temporary|none|inherited from ${NAME}`

/**
 * A dataset's lines. The value of a property of the user's own ends where its
 * source and then another dataset, or nothing, follows.
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
    // a zfs without -t lists them
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
