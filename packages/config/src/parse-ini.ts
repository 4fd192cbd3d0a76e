import parseLines from 'ini-simple-parser'
import type { Document, LineProblem, Section } from './document.js'

/**
 * Read an INI file as Python's ConfigParser does for presslabs' z3, without interpolation: `%`,
 * `;`, `#` and quotes in a value are plain characters; comments have their own lines.
 *
 * The library gets one line at a time, so that each value has a line number, a repeated section
 * does not silently replace the first, and one bad line does not hide the next.
 */
export function parseIni(text: string): Document {
  const sections: Section[] = []
  const problems: LineProblem[] = []
  // Indentation of the last key: ConfigParser appends a line that is indented further to its value.
  let indent = Infinity
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = index + 1
    const trimmed = raw.trim()
    if (trimmed === '' || /^[#;]/.test(trimmed)) continue
    const depth = raw.length - raw.trimStart().length
    const continues = depth > indent
    const read = readLine(trimmed)
    const section = sections.at(-1)
    if (continues) {
      problems.push({
        line,
        what: 'indented further than the line above it (a value is one line; keys of a section are indented alike)',
      })
    } else if (read === undefined) {
      problems.push({
        line,
        what: 'invalid line (allowed: [section], KEY = value, or a comment line that starts with # or ;)',
      })
    }
    if (read?.text === undefined) {
      if (!continues) indent = Infinity
      // an indented section counts too: the keys below it belong to it
      if (read) sections.push({ name: read.name, line, entries: [] })
    } else if (section === undefined) {
      problems.push({ line, what: 'a key outside any section (write [main] above it)' })
    } else if (!continues) {
      indent = depth
      section.entries.push({ name: read.name, text: read.text, line })
    }
  }
  return { sections, problems }
}

// A section has no text. undefined: neither section nor key.
function readLine(line: string): { name: string; text: string | undefined } | undefined {
  // ConfigParser ends a key at the first `=` or `:`, the library at the first `=`
  const withEquals = line.startsWith('[') ? line : line.replace(/^([^=:]*):/, '$1=')
  try {
    const [name = '', value] = Object.entries(parseLines(withEquals))[0] ?? []
    // no name: `= value`, or `__proto__`, which the library drops
    return name === '' ? undefined : { name, text: typeof value === 'string' ? value : undefined }
  } catch {
    return undefined
  }
}
