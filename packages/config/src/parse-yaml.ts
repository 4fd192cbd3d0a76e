import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, Entry, LineProblem, Section } from './document.js'

/**
 * Read a YAML file, or a JSON file, which is YAML too: `{ main: { KEY: value }, "fs:DATASET": {
 * KEY: value } }`. Values are read as written: a number keeps its leading zeros.
 */
export function parseYaml(text: string): Document {
  const lines = new LineCounter()
  const { contents, errors, warnings } = parseDocument(text, {
    lineCounter: lines,
    // pretty errors quote the file, with its secrets
    prettyErrors: false,
    // 'silent' accepts a second document
    logLevel: 'error',
    // check-document.ts reports repeated keys, for all formats
    uniqueKeys: false,
  })
  const sections: Section[] = []
  // messages of the library may quote the file too; codes do not
  const problems: LineProblem[] = [...errors, ...warnings].map(({ code, pos }) => ({
    line: lines.linePos(pos[0]).line,
    what: `not valid YAML: ${code.toLowerCase().replaceAll('_', ' ')}`,
  }))
  if (problems.length > 0) return { sections, problems }
  if (!isEmpty(contents) && !isMap(contents)) {
    problems.push({ line: 1, what: 'not a mapping of sections' })
  }
  for (const [name, body, line] of pairs(contents, lines)) {
    if (!isEmpty(body) && !isMap(body)) {
      problems.push({
        line,
        what: 'not a section (put keys under main:, fs:DATASET: or compressor:NAME:)',
      })
      continue
    }
    const entries: Entry[] = []
    sections.push({ name, line, entries })
    for (const [key, value, at] of pairs(body, lines)) {
      const plain = plainText(value)
      if (plain !== undefined) {
        entries.push({ name: key, text: plain, line: at })
      } else {
        problems.push({
          line: at,
          what: isEmpty(value)
            ? `'${key}' has no value`
            : `the value of '${key}' is not a single word, number or string`,
        })
      }
    }
  }
  return { sections, problems }
}

// The text of a scalar as it is written, the words of a list of scalars; undefined: anything else.
function plainText(node: unknown): string | readonly string[] | undefined {
  if (isEmpty(node) || !(isScalar(node) || isSeq(node)) || node.tag !== undefined) return undefined
  if (isScalar(node)) return node.source
  const words = node.items.map((item) => (isScalar(item) ? plainText(item) : undefined))
  return words.every((word) => typeof word === 'string') ? words : undefined
}

// A key that is an alias, a list or a map has an empty name, which is unknown to every table.
function pairs(
  node: unknown,
  lines: LineCounter,
): readonly (readonly [name: string, value: unknown, line: number])[] {
  if (!isMap(node)) return []
  return node.items.map(({ key, value }) => [
    isScalar(key) ? (key.source ?? '') : '',
    value,
    lines.linePos((isNode(key) ? key.range?.[0] : undefined) ?? 0).line,
  ])
}

function isEmpty(node: unknown): boolean {
  return node == null || (isScalar(node) && node.value === null)
}
