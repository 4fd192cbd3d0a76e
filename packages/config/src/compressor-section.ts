import { COMPRESSORS, suggest, type Codec, type Command } from '@z3/core'
import { checked } from './check-value.js'
import type { Entry, LineProblem, Section } from './document.js'
import { parseCommand } from './parse-command.js'
import { shownName } from './shown-name.js'
import type { Source } from './source.js'

/** A compressor of the user's own: a section `[compressor:NAME]`. */
export interface UserCodec extends Codec {
  readonly sources: { readonly compress: Source; readonly decompress: Source }
}

const PREFIX = 'compressor:'
const KEYS = ['COMPRESS', 'DECOMPRESS'] as const
type SectionKey = (typeof KEYS)[number]

/** Words that COMPRESSOR or ENCRYPTOR, or a reader of both, takes otherwise. */
const TAKEN = ['none', 'gpg', 'age', ...COMPRESSORS.keys()]

/** The name that a section defines; undefined: it defines no compressor. */
export function compressorName(section: string): string | undefined {
  return section.startsWith(PREFIX) ? section.slice(PREFIX.length) : undefined
}

/**
 * Read the section of a user-defined compressor.
 *
 * @param file its path, for the sources of the commands
 * @returns no codec where anything is wrong
 */
export function readCompressor(
  section: Section,
  file: string,
): {
  readonly codec: UserCodec | undefined
  readonly problems: readonly LineProblem[]
} {
  const problems: LineProblem[] = []
  const found = new Map<SectionKey, { command?: Command; entry: Entry }>()
  const name = nameProblem(section.name)
  if (name !== undefined) problems.push({ line: section.line, what: name })
  for (const entry of section.entries) {
    const what = enter(found, section, entry)
    if (what !== undefined) problems.push({ line: entry.line, what })
  }
  for (const key of KEYS) {
    if (found.has(key)) continue
    problems.push({
      line: section.line,
      what: `[${section.name}] has no ${key} (needed: ${KEYS.join(' and ')})`,
    })
  }
  const compress = found.get('COMPRESS')
  const decompress = found.get('DECOMPRESS')
  if (problems.length > 0 || compress?.command === undefined || decompress?.command === undefined) {
    return { codec: undefined, problems }
  }
  const source = ({ line, name }: Entry): Source => ({
    kind: 'file',
    file,
    line,
    section: section.name,
    name,
  })
  return {
    codec: {
      compress: compress.command,
      decompress: decompress.command,
      sources: {
        compress: source(compress.entry),
        decompress: source(decompress.entry),
      },
    },
    problems,
  }
}

// The name ends up in the metadata of objects, and on command lines.
function nameProblem(section: string): string | undefined {
  const name = compressorName(section) ?? ''
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    return `[${section}]: not a name for a compressor (allowed: up to 64 letters, digits and .-_, the first a letter or a digit)`
  }
  return TAKEN.includes(name.toLowerCase())
    ? `[${section}]: the name is taken (taken are ${TAKEN.join(', ')})`
    : undefined
}

// Adds the entry to what was found, or says what is wrong with it.
function enter(
  found: Map<SectionKey, { command?: Command; entry: Entry }>,
  section: Section,
  entry: Entry,
): string | undefined {
  const { name, text } = entry
  const place = `in [${section.name}]`
  const key = KEYS.find((candidate) => candidate === name.toUpperCase())
  if (key === undefined) {
    const meant = suggest(name, KEYS)
    const hint = meant === undefined ? `allowed: ${KEYS.join(', ')}` : `did you mean ${meant}?`
    return `unknown ${shownName(name)} ${place} (${hint})`
  }
  const earlier = found.get(key)?.entry
  if (earlier !== undefined) {
    return `${name} ${place} is set already, by ${earlier.name} in line ${String(earlier.line)}`
  }
  const { value, what } = checked(() => parseCommand(text))
  // a bad one is kept too, so that the same key further down is the second
  found.set(key, value === undefined ? { entry } : { command: value, entry })
  return what === undefined ? undefined : `${name} ${place}: ${what}`
}
