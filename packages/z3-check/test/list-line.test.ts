import fc from 'fast-check'
import t from 'tap'
import { escapePath, formatLine, parseLine } from '../src/list/list-line.js'

const sha1 = 'a'.repeat(40)

void t.test('every path can be read back, and is one column of one line', (t) => {
  // one character per byte; the bytes that matter more often
  const byte = fc.oneof(
    fc.constantFrom('\\', '\t', '\n', '\r', 't', 'n', '/', ' '),
    fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
  )
  const path = fc.array(byte, { minLength: 1, maxLength: 12 }).map((bytes) => bytes.join(''))
  fc.assert(
    fc.property(path, fc.nat(), (path, chunk) => {
      const line = formatLine({ path, chunk, sha1 })
      t.equal(line.split(/[\t\n\r]/).length, 3, JSON.stringify(line))
      t.strictSame(parseLine(line, true), { path, chunk, sha1 })
    }),
    { seed: 7 },
  )
  t.end()
})

void t.test('a path without such bytes stays as it is', (t) => {
  for (const path of ['a', 'a b/c', 'a\\b', '\xff\xfe', "it's"]) t.equal(escapePath(path), path)
  t.equal(escapePath('\\a'), '\\\\\\a')
  t.equal(escapePath('a\tb\\'), '\\a\\tb\\\\')
  t.end()
})

void t.test('lines of zfs-check, which escapes nothing', (t) => {
  t.equal(parseLine(`a\tb\t3\t${sha1}`, true)?.path, 'a\tb')
  t.equal(parseLine(`\\a\\x\t3\t${sha1}`, true)?.path, '\\a\\x', 'no escape begins so')
  t.strictSame(parseLine(`12\t${sha1}`, false), { path: undefined, chunk: 12, sha1 })
  t.end()
})

void t.test('other lines', (t) => {
  for (const line of ['', sha1, `x\t${sha1}`, `a\t-1\t${sha1}`, `a\t1\t${sha1}0`, `\t1\t${sha1}`]) {
    t.equal(parseLine(line, true), undefined, line)
  }
  t.equal(parseLine(`a\t1\t${sha1}`, false), undefined)
  t.end()
})
