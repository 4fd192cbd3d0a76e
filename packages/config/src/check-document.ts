import { suggest } from '@z3/core'
import { compressorName, readCompressor, type UserCodec } from './compressor-section.js'
import type { Document, LineProblem, Section } from './document.js'
import type { Layer, Sourced } from './layers.js'
import { OPTIONS, optionOf, type Key } from './options.js'
import { placeEntry, type KeyTable } from './place-entry.js'
import { checkValue, compressorProblem } from './values.js'

const KEYS: KeyTable<Key> = {
  names: OPTIONS.flatMap((option) => option.keys),
  keyOf: (name) => OPTIONS.find(({ keys }) => keys.includes(name.toUpperCase()))?.key,
  otherwise: '',
}

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
interface EmptyEntry {
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
    const what = sectionProblem(section, starts.get(section.name))
    if (what !== undefined) problems.push({ line: section.line, what })
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
    readSettings(section, file, layer, { problems, empty })
  }
  for (const { key, section } of empty) sections.get(section)?.delete(key)
  problems.push(...compressorProblems(sections, compressors))
  problems.sort((a, b) => a.line - b.line)
  return { sections, compressors, empty, problems }
}

/** Add the settings of a section to its layer, and what is wrong with them to the lists. */
function readSettings(
  section: Section,
  file: string,
  layer: Map<Key, Sourced>,
  found: { readonly problems: LineProblem[]; readonly empty: EmptyEntry[] },
): void {
  for (const entry of section.entries) {
    const { line, name, text } = entry
    const { key, source, what } = placeEntry(KEYS, section.name, entry, layer, file)
    if (what !== undefined) {
      found.problems.push({ line, what })
    } else if (section.name.startsWith('fs:') && !optionOf(key).perDataset) {
      found.problems.push({
        line,
        what: `${name} cannot be set for one dataset (allowed: in [main])`,
      })
    } else {
      const checked =
        typeof text === 'string'
          ? checkValue(optionOf(key), text)
          : { what: 'a list (allowed: a single word, number or string)' }
      // a bad one is kept too, so that the same key further down is the second
      layer.set(key, { value: checked.value ?? '', source })
      if (checked.what === undefined) continue
      const problem = { line, what: `${name} in [${section.name}]: ${checked.what}` }
      if (text === '') found.empty.push({ key, section: section.name, problem })
      else found.problems.push(problem)
    }
  }
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
    const { what } = checkValue(optionOf('FILESYSTEM'), dataset)
    return what === undefined ? undefined : `[${name}]: ${what}`
  }
  const meant = suggest(name, ['main'])
  return `unknown section [${name}] (${meant === undefined ? 'allowed: [main], [fs:DATASET], [compressor:NAME]' : `did you mean [${meant}]?`})`
}
