import parseLines from 'ini-simple-parser'
import type { Document, LineProblem, Section } from './document.js'

/**
 * Read the text of an INI file as Python's ConfigParser does for z3, without interpolation: `%`,
 * `;`, `#` and quotes in a value are plain characters; comments take a line of their own.
 *
 * The library reads line by line, and is given one line at a time: so every value has its line
 * number, a repeated section does not silently replace the first, and one bad line does not hide
 * the next.
 */
export function parseIni(text: string): Document {
  const sections: Section[] = []
  const problems: LineProblem[] = []
  // How far the last key was indented: ConfigParser takes a line that is indented further for more
  // of that key's value.
  let indent = Infinity
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = index + 1
    const trimmed = raw.trim()
    if (trimmed === '' || /^[#;]/.test(trimmed)) continue
    const depth = raw.length - raw.trimStart().length
    const read = readLine(trimmed)
    const section = sections.at(-1)
    const further = depth > indent
    if (further) {
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
      if (!further) indent = Infinity
      // followed even if indented: what comes next was meant for it
      if (read) sections.push({ name: read.name, line, entries: [] })
    } else if (section === undefined) {
      problems.push({
        line,
        what: 'a key outside any section (write [main] above it)',
      })
    } else if (!further) {
      indent = depth
      section.entries.push({ name: read.name, text: read.text, line })
    }
  }
  return { sections, problems }
}

// A section has no text. undefined: neither section nor key.
function readLine(line: string): { name: string; text: string | undefined } | undefined {
  let read
  try {
    read = Object.entries(parseLines(withEquals(line)))[0]
  } catch {
    return undefined
  }
  // `__proto__` is the one name that the library swallows
  if (read === undefined || read[0] === '') return undefined
  const [name, value] = read
  return { name, text: typeof value === 'string' ? value : undefined }
}

// ConfigParser ends a key at the first `=` or `:`, the library at the first `=`
function withEquals(line: string): string {
  return line.startsWith('[') ? line : line.replace(/^([^=:]*):/, '$1=')
}
