import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from 'yaml'
import type { Document, Entry, LineProblem, Section } from './document.js'

/**
 * Read the text of a YAML file, or of a JSON file, which is YAML too: `{ main: { KEY: value },
 * "fs:DATASET": { KEY: value } }`. Values are taken as written, so that a key of digits alone keeps
 * its leading zeros.
 */
export function parseYaml(text: string): Document {
  const lines = new LineCounter()
  const lineOf = (offset: number | undefined) => lines.linePos(offset ?? 0).line
  const { contents, errors, warnings } = parseDocument(text, {
    lineCounter: lines,
    // these would quote the file, secrets and all
    prettyErrors: false,
    // 'silent' would let a second document pass
    logLevel: 'error',
    // check-document.ts does that for all formats
    uniqueKeys: false,
  })
  const faults: YAMLError[] = [...errors, ...warnings]
  if (faults.length > 0) {
    return {
      sections: [],
      // the messages may quote the file as well; the codes do not
      problems: faults.map(({ code, pos }) => ({
        line: lineOf(pos[0]),
        what: `not valid YAML: ${code.toLowerCase().replaceAll('_', ' ')}`,
      })),
    }
  }
  const sections: Section[] = []
  const problems: LineProblem[] = []
  for (const [name, body, line] of pairs(contents, lineOf)) {
    const entries: Entry[] = []
    sections.push({ name, line, entries })
    if (isEmpty(body)) continue
    if (!isMap(body)) {
      problems.push({
        line,
        what: 'not a section (put keys under main:, fs:DATASET: or compressor:NAME:)',
      })
      sections.pop()
      continue
    }
    for (const [key, value, at] of pairs(body, lineOf)) {
      const read = plainText(value)
      if (isEmpty(value)) {
        problems.push({ line: at, what: `'${key}' has no value` })
      } else if (read === undefined) {
        problems.push({
          line: at,
          what: `the value of '${key}' is not a single word, number or string`,
        })
      } else {
        entries.push({ name: key, text: read, line: at })
      }
    }
  }
  if (!isEmpty(contents) && !isMap(contents)) {
    problems.push({ line: 1, what: 'not a mapping of sections' })
  }
  return { sections, problems }
}

// What a scalar says as it is written; a list of them is a list of words. undefined: anything else.
function plainText(node: unknown): string | readonly string[] | undefined {
  if (isScalar(node) && !isEmpty(node)) {
    return node.tag === undefined ? node.source : undefined
  }
  if (!isSeq(node) || node.tag !== undefined) return undefined
  const words = node.items.map((item) => (isScalar(item) ? plainText(item) : undefined))
  return words.every((word) => typeof word === 'string') ? words : undefined
}

// An alias, a list or a map as a key has no name, which no table knows.
function* pairs(
  node: unknown,
  lineOf: (offset: number | undefined) => number,
): Generator<readonly [name: string, value: unknown, line: number]> {
  if (!isMap(node)) return
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? (key.source ?? '') : ''
    const range = isNode(key) ? key.range : undefined
    yield [name, value, lineOf(range?.[0])]
  }
}

function isEmpty(node: unknown): boolean {
  return node == null || (isScalar(node) && node.value === null)
}
