import { COMPRESSORS, suggest, type Codec, type Command } from '@z3/core'
import type { Document, LineProblem, Section } from './document.js'
import type { Layer, Source, Sourced } from './layers.js'
import { OPTIONS, optionOf, type Key, type Option } from './options.js'
import { checkValue, compressorProblem, type Value } from './values/value-types.js'

/** A compressor that a section `[compressor:NAME]` defines. */
export interface UserCodec extends Codec {
  readonly sources: { readonly compress: Source; readonly decompress: Source }
}

/** The values of a file, and all errors in it, by line. */
export interface CheckedDocument {
  /** `main` and `fs:DATASET`. */
  readonly sections: ReadonlyMap<string, Layer>
  /** By NAME. undefined: the section has an error. */
  readonly compressors: ReadonlyMap<string, UserCodec | undefined>
  /** Settings with an empty value: errors, unless another place sets them. */
  readonly empty: readonly EmptyEntry<Key>[]
  readonly problems: readonly LineProblem[]
}

interface EmptyEntry<K> extends LineProblem {
  readonly key: K
  readonly section: string
}

/** An option that a section may contain. */
type SectionOption<K> = Pick<Option, 'keys' | 'type' | 'empty' | 'perDataset'> & { readonly key: K }

/** The options of `[compressor:NAME]`. */
const COMMANDS = (['COMPRESS', 'DECOMPRESS'] as const).map((key) => ({
  key,
  keys: [key],
  type: 'command' as const,
  empty: undefined,
  perDataset: true,
}))
type CommandKey = (typeof COMMANDS)[number]['key']

/** Names that COMPRESSOR, ENCRYPTOR or the metadata of objects use already. */
const RESERVED = ['none', 'gpg', 'age', ...COMPRESSORS.keys()]

const UNKNOWN_SETTING = {
  hint: `The keys are ${OPTIONS.map(({ keys }) => keys.join(' or ')).join(', ')}.`,
}

/**
 * Check the contents of a file against the table of options.
 *
 * @param file its path, for the sources of the values
 */
export function checkDocument(document: Document, file: string): CheckedDocument {
  const sections = new Map<string, Map<Key, Sourced>>()
  const compressors = new Map<string, UserCodec | undefined>()
  const starts = new Map<string, number>()
  const problems = [...document.problems]
  const empty: EmptyEntry<Key>[] = []
  for (const section of document.sections) {
    const { name, line } = section
    const what = sectionProblem(name, starts.get(name))
    if (what !== undefined) problems.push({ line, what })
    if (!starts.has(name)) starts.set(name, line)
    const compressor = compressorName(name)
    if (compressor === undefined) {
      const layer = sections.get(name) ?? new Map<Key, Sourced>()
      sections.set(name, layer)
      const found = readSection(section, OPTIONS, layer, file)
      problems.push(...found.problems)
      empty.push(...found.empty)
    } else {
      const layer = new Map<CommandKey, Sourced>()
      const found = readSection(section, COMMANDS, layer, file)
      problems.push(...found.problems, ...found.empty)
      for (const { key } of COMMANDS.filter((each) => !layer.has(each.key))) {
        problems.push({ line, what: `[${name}] has no ${key} (needed: COMPRESS and DECOMPRESS)` })
      }
      compressors.set(compressor, codecOf(layer))
    }
  }
  for (const { key, section } of empty) sections.get(section)?.delete(key)
  for (const [section, layer] of sections) {
    const { value, source } = layer.get('COMPRESSOR') ?? {}
    // an invalid value is '', and was reported
    if (source?.kind !== 'file' || typeof value !== 'string' || value === '') continue
    const what = compressorProblem(value, compressors.keys())
    if (what !== undefined) {
      problems.push({ line: source.line, what: `${source.name} in [${section}]: ${what}` })
    }
  }
  problems.sort((a, b) => a.line - b.line)
  return { sections, compressors, empty, problems }
}

/** Add the values of a section to its layer. */
function readSection<K extends string>(
  section: Section,
  options: readonly SectionOption<K>[],
  layer: Map<K, Sourced>,
  file: string,
): { readonly problems: readonly LineProblem[]; readonly empty: readonly EmptyEntry<K>[] } {
  const problems: LineProblem[] = []
  const empty: EmptyEntry<K>[] = []
  for (const { name, text, line } of section.entries) {
    const option = options.find(({ keys }) => keys.includes(name.toUpperCase()))
    const earlier = option && layer.get(option.key)?.source
    if (option === undefined) {
      problems.push({ line, ...unknownKey(name, section.name, options) })
    } else if (earlier?.kind === 'file') {
      const place = `${earlier.name} in line ${String(earlier.line)}`
      problems.push({ line, what: `${name} in [${section.name}] is already set by ${place}` })
    } else if (section.name.startsWith('fs:') && !option.perDataset) {
      const what = `${name} cannot be set for one dataset (allowed: in [main])`
      problems.push({ line, what })
    } else {
      const { value = '', what } = checkValue(option, text)
      // a bad value too, so that the same key further down is reported as the second
      const source: Source = { kind: 'file', file, line, section: section.name, name }
      layer.set(option.key, { value, source })
      if (what === undefined) continue
      const problem = { line, what: `${name} in [${section.name}]: ${what}` }
      if (text === '') empty.push({ ...problem, key: option.key, section: section.name })
      else problems.push(problem)
    }
  }
  return { problems, empty }
}

function unknownKey(
  name: string,
  section: string,
  options: readonly SectionOption<string>[],
): Pick<LineProblem, 'what' | 'hint'> {
  const names = options.flatMap(({ keys }) => keys)
  const meant = suggest(name, names)
  const isSetting = options === OPTIONS
  const guess =
    meant !== undefined
      ? ` (did you mean ${meant}?)`
      : isSetting
        ? ''
        : ` (allowed: ${names.join(', ')})`
  // The second line of a secret looks like a key too: never repeat it.
  const key = /^\w{1,24}$/.test(name) ? `key '${name}'` : 'key'
  return { what: `unknown ${key} in [${section}]${guess}`, ...(isSetting ? UNKNOWN_SETTING : {}) }
}

function sectionProblem(name: string, first: number | undefined): string | undefined {
  if (first !== undefined) return `section [${name}] is repeated, first in line ${String(first)}`
  if (name === 'main') return undefined
  const compressor = compressorName(name)
  if (compressor !== undefined) {
    // The name is written to the metadata of objects and to command lines.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(compressor)) {
      return `[${name}]: invalid compressor name (allowed: up to 64 letters, digits and .-_, the first a letter or a digit)`
    }
    return RESERVED.includes(compressor.toLowerCase())
      ? `[${name}]: reserved name (reserved: ${RESERVED.join(', ')})`
      : undefined
  }
  if (name.startsWith('fs:')) {
    const dataset = name.slice('fs:'.length)
    if (dataset !== dataset.trim()) return `[${name}]: spaces around the dataset`
    const { what } = checkValue(optionOf('FILESYSTEM'), dataset)
    return what === undefined ? undefined : `[${name}]: ${what}`
  }
  const meant = suggest(name, ['main'])
  return `unknown section [${name}] (${meant === undefined ? 'allowed: [main], [fs:DATASET], [compressor:NAME]' : `did you mean [${meant}]?`})`
}

function compressorName(section: string): string | undefined {
  return /^compressor:(.*)$/s.exec(section)?.[1]
}

function codecOf(layer: Layer<CommandKey>): UserCodec | undefined {
  const compress = layer.get('COMPRESS')
  const decompress = layer.get('DECOMPRESS')
  if (!compress || !decompress) return undefined
  if (!isCommand(compress.value) || !isCommand(decompress.value)) return undefined
  const sources = { compress: compress.source, decompress: decompress.source }
  return { compress: compress.value, decompress: decompress.value, sources }
}

function isCommand(value: Value): value is Command {
  return typeof value === 'object' && 'file' in value
}
