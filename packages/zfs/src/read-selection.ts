import type { SelectionRow } from '@z3/core'
import { withOptions } from './capabilities.js'
import type { Run } from './run.js'
import { unexpected } from './table.js'
import { invalidProperty } from './zfs-error.js'

/**
 * What there is of each dataset beside the property that selects, in front of
 * it: its value may hold tabs and line ends, and stands last.
 */
const FACTS = ['type', 'written', 'createtxg'] as const

/**
 * The filesystems and volumes of a host with the property that selects: each
 * after what it is in. One command, whatever there is.
 *
 * @param property must be one that zfs takes, see `backupNames`
 * @throws Z3Error `zfs-failed`, also on output that is not zfs's
 */
export async function readSelection(
  run: Run,
  property: string,
): Promise<readonly SelectionRow[]> {
  const [type, ...others] = FACTS
  try {
    return parse(await ask(run, [...FACTS, property]), FACTS, property)
  } catch (error) {
    const unknown = invalidProperty(error)
    if (others.every((name) => name !== unknown)) throw error
    // zfs-fuse has none of them
    return parse(await ask(run, [type, property]), [type], property)
  }
}

function ask(run: Run, properties: readonly string[]): Promise<string> {
  const words = ['-Hp', '-o', 'name,property,value,source', properties.join()]
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
 * A dataset's lines. The value of the property ends where its source and then
 * another dataset, or nothing, follows.
 */
function record(facts: readonly string[], property: string): RegExp {
  const lines = facts.map((fact) => `\\k<name>\\t${fact}\\t([^\\t\\n]*)\\t-\\n`)
  const first = `(?=(?<name>${NAME})\\t)`
  const last = `\\k<name>\\t${property.replaceAll('.', '\\.')}\\t(?<value>.*?)\\t(?<source>${SOURCE})\\n`
  return new RegExp(
    `${first}${lines.join('')}${last}(?=$|${NAME}\\t${String(facts[0])}\\t)`,
    'sy',
  )
}

function parse(
  text: string,
  facts: readonly string[],
  property: string,
): readonly SelectionRow[] {
  const pattern = record(facts, property)
  const rows = new Map<string, SelectionRow>()
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    const strange = () => unexpected(text.slice(at).split('\n', 1).join())
    if (!match) throw strange()
    const [, type = '', written, createtxg] = match
    const { name = '', value = '', source = '' } = match.groups ?? {}
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
      createtxg,
      written: written === undefined ? Infinity : Number(written),
    })
  }
  return [...rows.values()]
}
