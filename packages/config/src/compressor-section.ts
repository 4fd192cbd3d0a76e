import { COMPRESSORS, type Codec, type Command } from '@z3/core'
import type { LineProblem, Section } from './document.js'
import type { Source } from './layers.js'
import { parseCommand } from './parse-command.js'
import { placeEntry, type KeyTable } from './place-entry.js'
import { checked } from './values.js'

/** A compressor of the user's own: a section `[compressor:NAME]`. */
export interface UserCodec extends Codec {
  readonly sources: { readonly compress: Source; readonly decompress: Source }
}

const PREFIX = 'compressor:'
const NAMES = ['COMPRESS', 'DECOMPRESS'] as const
type SectionKey = (typeof NAMES)[number]
const KEYS: KeyTable<SectionKey> = {
  names: NAMES,
  keyOf: (name) => NAMES.find((key) => key === name.toUpperCase()),
  otherwise: ` (allowed: ${NAMES.join(', ')})`,
}

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
): { readonly codec: UserCodec | undefined; readonly problems: readonly LineProblem[] } {
  const problems: LineProblem[] = []
  const found = new Map<SectionKey, { command: Command | undefined; source: Source }>()
  const name = nameProblem(section.name)
  if (name !== undefined) problems.push({ line: section.line, what: name })
  for (const entry of section.entries) {
    const { line, text } = entry
    const { key, source, what } = placeEntry(KEYS, section.name, entry, found, file)
    if (what !== undefined) {
      problems.push({ line, what })
      continue
    }
    const command = checked(() => parseCommand(text))
    // a bad one is kept too, so that the same key further down is the second
    found.set(key, { command: command.value, source })
    if (command.what !== undefined) {
      problems.push({ line, what: `${entry.name} in [${section.name}]: ${command.what}` })
    }
  }
  for (const key of NAMES.filter((each) => !found.has(each))) {
    const what = `[${section.name}] has no ${key} (needed: ${NAMES.join(' and ')})`
    problems.push({ line: section.line, what })
  }
  const compress = found.get('COMPRESS')
  const decompress = found.get('DECOMPRESS')
  if (problems.length > 0 || !compress?.command || !decompress?.command) {
    return { codec: undefined, problems }
  }
  const sources = { compress: compress.source, decompress: decompress.source }
  const codec = { compress: compress.command, decompress: decompress.command, sources }
  return { codec, problems }
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
