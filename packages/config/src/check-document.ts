import { suggest } from '@z3/core'
import { checkValue } from './check-value.js'
import { compressorProblem } from './compressor-problem.js'
import { compressorName, readCompressor, type UserCodec } from './compressor-section.js'
import type { Document, Entry, LineProblem, Section } from './document.js'
import type { Layer, Sourced } from './layer.js'
import { OPTIONS, TABLE, type Key, type Option } from './options.js'
import { shownName } from './shown-name.js'

const DATASET = { key: 'FILESYSTEM', ...TABLE.FILESYSTEM } as const
const NAMES = OPTIONS.flatMap((option) => option.keys)

/** What a file says, and all that is wrong in it, line by line. */
export interface CheckedDocument {
  /** Its values, by section. */
  readonly sections: ReadonlyMap<string, Layer>
  /** The compressors that it defines. undefined: with a problem. */
  readonly compressors: ReadonlyMap<string, UserCodec | undefined>
  /** Settings without a value: unset, where another place sets them. */
  readonly empty: readonly EmptyEntry[]
  readonly problems: readonly LineProblem[]
}

/** A line that names a setting and gives it no value. */
export interface EmptyEntry {
  readonly key: Key
  readonly section: string
  /** What is wrong if nothing else sets it. */
  readonly problem: LineProblem
}

/**
 * Look up everything that a file says in the table of options.
 *
 * @param file its path, for the sources of the values
 */
export function checkDocument(document: Document, file: string): CheckedDocument {
  const sections = new Map<string, Map<Key, Sourced>>()
  const compressors = new Map<string, UserCodec | undefined>()
  const starts = new Map<string, number>()
  const problems = [...document.problems]
  const empty: EmptyEntry[] = []
  for (const section of document.sections) {
    const known = sectionProblem(section, starts.get(section.name))
    if (known !== undefined) problems.push({ line: section.line, what: known })
    if (!starts.has(section.name)) starts.set(section.name, section.line)
    const compressor = compressorName(section.name)
    if (compressor !== undefined) {
      const read = readCompressor(section, file)
      compressors.set(compressor, read.codec)
      problems.push(...read.problems)
      continue
    }
    const layer = sections.get(section.name) ?? new Map<Key, Sourced>()
    sections.set(section.name, layer)
    for (const entry of section.entries) {
      const option = optionOf(entry.name)
      const what = enter(layer, section, entry, option, file)
      if (what === undefined) continue
      const problem = { line: entry.line, what }
      const unset = entry.text === '' && option !== undefined
      if (!unset || layer.get(option.key)?.value !== '') problems.push(problem)
      else empty.push({ key: option.key, section: section.name, problem })
    }
  }
  for (const { key, section } of empty) sections.get(section)?.delete(key)
  problems.push(...compressorProblems(sections, compressors))
  problems.sort((a, b) => a.line - b.line)
  return { sections, compressors, empty, problems }
}

function compressorProblems(
  sections: ReadonlyMap<string, Layer>,
  compressors: ReadonlyMap<string, unknown>,
): readonly LineProblem[] {
  return [...sections].flatMap(([section, layer]) => {
    const { value, source } = layer.get('COMPRESSOR') ?? {}
    // one that is empty or not a word has been reported
    if (source?.kind !== 'file' || value === '') return []
    const what = compressorProblem(String(value), compressors.keys())
    return what === undefined
      ? []
      : [{ line: source.line, what: `${source.name} in [${section}]: ${what}` }]
  })
}

function sectionProblem({ name }: Section, first: number | undefined): string | undefined {
  if (first !== undefined) {
    return `section [${name}] starts again, after line ${String(first)}`
  }
  if (name === 'main' || compressorName(name) !== undefined) return undefined
  if (name.startsWith('fs:')) {
    const dataset = name.slice('fs:'.length)
    if (dataset !== dataset.trim()) return `[${name}]: blanks around the dataset`
    const { what } = checkValue(DATASET, dataset)
    return what === undefined ? undefined : `[${name}]: ${what}`
  }
  const meant = suggest(name, ['main'])
  return `unknown section [${name}] (${meant === undefined ? 'allowed: [main], [fs:DATASET], [compressor:NAME]' : `did you mean [${meant}]?`})`
}

// Adds the entry to the layer, or says what is wrong with it.
function enter(
  layer: Map<Key, Sourced>,
  section: Section,
  { name, text, line }: Entry,
  option: Option | undefined,
  file: string,
): string | undefined {
  const place = `in [${section.name}]`
  if (option === undefined) {
    const meant = suggest(name, NAMES)
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`
    return `unknown ${shownName(name)} ${place}${hint}`
  }
  const earlier = layer.get(option.key)?.source
  if (earlier?.kind === 'file') {
    return `${name} ${place} is set already, by ${earlier.name} in line ${String(earlier.line)}`
  }
  if (section.name.startsWith('fs:') && !option.perDataset) {
    return `${name} cannot be set for one dataset (allowed: in [main])`
  }
  const source = {
    kind: 'file',
    file,
    line,
    section: section.name,
    name,
  } as const
  const { value, what } =
    typeof text === 'string'
      ? checkValue(option, text)
      : { what: 'a list (allowed: a single word, number or string)' }
  // a bad one is kept too, so that the same key further down is the second
  layer.set(option.key, { value: value ?? '', source })
  return what === undefined ? undefined : `${name} ${place}: ${what}`
}

function optionOf(name: string): Option | undefined {
  return OPTIONS.find(({ keys }) => keys.includes(name.toUpperCase()))
}
