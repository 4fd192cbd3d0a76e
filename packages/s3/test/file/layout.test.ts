import { randomInt } from 'node:crypto'
import { basename, isAbsolute, join, relative } from 'node:path'
import t from 'tap'
import { decodeName, objectPlace } from '../../src/file/layout.js'

const ID = '0123456789abcdef'.repeat(2)

const namesOf = (key: string): string[] => {
  const { parents, base } = objectPlace('/root', key)
  return [...parents.map((path) => basename(path)), base]
}

const path = (key: string): string => namesOf(key).join('/')

/** What a scan does: read the names back. */
function decode(names: readonly string[]): string {
  let key = ''
  for (const [index, name] of names.entries()) {
    const decoded = decodeName(name)
    if (decoded === undefined) throw new Error(`not decoded: ${name}`)
    const last = index === names.length - 1
    key += decoded.text + (decoded.continued || last ? '' : '/')
  }
  return key
}

void t.test('keys that stay as they are', (t) => {
  for (const key of [
    'z3-backup/tank/a@d-1',
    'z3-backup/.z3/manifest.json',
    "a b/c+d,e;f=g&h#i!j$k'l(m)n[o]p{q}r^s~t`u",
    'ünïcödé/名前/🦊',
    ' leading',
    '.hidden',
    'a.pending',
    'a.z3.jsonx',
    `a.${ID}x`,
    'x'.repeat(100),
  ]) {
    t.equal(path(key), key)
  }
  t.end()
})

void t.test('what is dangerous is encoded, and nothing else', (t) => {
  for (const [key, wanted] of [
    ['.', '%2E'],
    ['..', '.%2E'],
    ['../../etc/passwd', '.%2E/.%2E/etc/passwd'],
    ['...', '..%2E'],
    ['a.', 'a%2E'],
    ['a ', 'a%20'],
    ['/etc/passwd', '%-/etc/passwd'],
    ['a//b', 'a/%-/b'],
    ['a/', 'a/%-'],
    ['/', '%-/%-'],
    ['a\0b', 'a%00b'],
    ['a\nb\x7f', 'a%0Ab%7F'],
    ['100%', '100%25'],
    ['%-', '%25-'],
    ['%2E', '%252E'],
    ['d_10:00:01', 'd_10%3A00%3A01'],
    ['\\:*?"<>|', '%5C%3A%2A%3F%22%3C%3E%7C'],
    ['a.z3.json', 'a%2Ez3.json'],
    ['.z3.json/b', '%2Ez3.json/b'],
    [`a.${ID}/b`, `a%2E${ID}/b`],
    [`a.${ID}.pending`, `a%2E${ID}.pending`],
    [`a.${ID}.tmp`, `a%2E${ID}.tmp`],
    ['y'.repeat(101), `${'y'.repeat(99)}%/yy`],
    [`${'y'.repeat(98)}éz/b`, `${'y'.repeat(98)}%/éz/b`],
    [`${'y'.repeat(98)}:z/b`, `${'y'.repeat(98)}%/%3Az/b`],
  ] as const) {
    t.equal(path(key), wanted, JSON.stringify(key).slice(0, 40))
  }
  t.end()
})

void t.test('any key is read back, and stays inside', (t) => {
  const alphabet = [
    ...['a', 'b', '.', '..', '/', '//', ' ', '%', '%2E', '%-', '-', '\0', '\n'],
    ...['é', '名', '🦊', ':', '\\', '.z3.json', `.${ID}`, '.tmp', '.pending'],
    ...['~', 'x'.repeat(60), 'é'.repeat(70), '/'.repeat(3)],
  ]
  const seen = new Map<string, string>()
  for (let round = 0; round < 20_000; round++) {
    let key = ''
    for (let n = randomInt(1, 9); n > 0; n--) {
      key += alphabet[randomInt(alphabet.length)] ?? ''
    }
    if (Buffer.byteLength(key) > 1024) continue
    const names = namesOf(key)
    const { directory, base } = objectPlace('/root', key)
    const whole = names.join('/')
    const inside = relative('/root', join(directory, base))
    const good =
      decode(names) === key &&
      inside === whole &&
      !isAbsolute(inside) &&
      names.every(
        (name) =>
          name !== '' &&
          !name.includes('/') &&
          !/^\.\.?$/.test(name) &&
          Buffer.byteLength(name) <= 104,
      ) &&
      (seen.get(whole) ?? key) === key
    seen.set(whole, key)
    if (!good) t.fail(`${JSON.stringify(key)} is at ${JSON.stringify(whole)}`)
  }
  t.ok(seen.size > 5000, 'many keys were tried')
  t.end()
})

void t.test('what is no key', (t) => {
  for (const key of ['', '\ud800', 'a\udc00b', 'x'.repeat(1025)]) {
    t.throws(() => objectPlace('/root', key), { code: 'invalid-name' })
  }
  t.doesNotThrow(() => objectPlace('/root', 'x'.repeat(1024)))
  t.doesNotThrow(() => objectPlace('/root', '/'.repeat(1024)))
  t.end()
})

void t.test('names that are no encoding', (t) => {
  for (const name of ['%x', 'a%2', 'a%2e', '%%', 'a%zz%']) {
    t.equal(decodeName(name), undefined, name)
  }
  t.end()
})
