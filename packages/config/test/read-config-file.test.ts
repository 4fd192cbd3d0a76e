import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readConfigFile } from '../src/read-config-file.js'

const INI = '[main]\nBUCKET = abc\n'
const YAML = 'main:\n  BUCKET: abc\n'
const JSON_TEXT = '{"main": {"BUCKET": "abc"}}'

void t.test('the ending tells the format', async (t) => {
  const formats: Record<string, string> = {
    'z3.conf': INI,
    'z3.ini': INI,
    z3: INI,
    'z3.js': INI,
    'config.json': JSON_TEXT,
    'config.yaml': YAML,
    'config.yml': YAML,
    // cosmiconfig has a rule of its own for this name
    'package.json': JSON_TEXT,
    'package.conf': INI,
  }
  const dir = t.testdir(formats)
  for (const name of Object.keys(formats)) {
    const file = join(dir, name)
    const read = await readConfigFile(file)
    t.same(read?.problems, [], name)
    t.equal(read?.file, file, name)
    t.equal(read?.sections.get('main')?.get('BUCKET')?.value, 'abc', name)
  }
})

void t.test('nothing in the file', async (t) => {
  const dir = t.testdir({ 'z3.conf': ' \n', 'z3.yaml': '' })
  for (const name of ['z3.conf', 'z3.yaml']) {
    const read = await readConfigFile(join(dir, name))
    t.same(read?.problems, [])
    t.equal(read?.sections.size, 0)
  }
})

void t.test('javascript in a file is text', async (t) => {
  const file = join(t.testdir({ 'z3.cjs': 'globalThis.executed = true' }), 'z3.cjs')
  const read = await readConfigFile(file)
  t.equal(read?.problems.length, 1)
  t.notOk('executed' in globalThis)
})

void t.test('no $import: the key is as unknown as any', async (t) => {
  const dir = t.testdir({
    'z3.json': '{"$import": "other.json", "main": {"$import": "other.json"}}',
    'other.json': JSON_TEXT,
  })
  const read = await readConfigFile(join(dir, 'z3.json'))
  t.equal(read?.problems.length, 2)
  t.equal(read?.sections.get('main')?.size, 0)
})

void t.test('nothing of the working directory is run', async (t) => {
  const dir = t.testdir({
    'z3.conf': INI,
    '.config': { 'config.cjs': 'globalThis.executed = true' },
  })
  const cwd = process.cwd.bind(process)
  t.teardown(() => {
    process.cwd = cwd
  })
  process.cwd = () => dir
  const read = await readConfigFile(join(dir, 'z3.conf'))
  t.same(read?.problems, [])
  t.notOk('executed' in globalThis)
})

void t.test('text in another encoding', async (t) => {
  const file = join(t.testdir({}), 'z3.conf')
  writeFileSync(file, Buffer.from('[main]\nGPG_RECIPIENT = J\xfcrgen\n', 'latin1'))
  t.same((await readConfigFile(file))?.problems, [{ line: 2, what: 'not UTF-8 text' }])
})

void t.test('who may read it', async (t) => {
  const file = join(t.testdir({ 'z3.conf': INI }), 'z3.conf')
  for (const [mode, expected] of [
    [0o600, false],
    [0o640, false],
    [0o644, true],
  ] as const) {
    chmodSync(file, mode)
    t.equal((await readConfigFile(file))?.othersMayRead, expected)
  }
})

void t.test('files that cannot be read', async (t) => {
  const dir = t.testdir({ 'z3.conf': INI })
  mkdirSync(join(dir, 'directory'))
  symlinkSync('loop', join(dir, 'loop'))
  const cases: readonly [string, string, boolean][] = [
    ['absent', 'no such file or directory', false],
    ['z3.conf/x', 'not a directory', false],
    ['directory', 'illegal operation on a directory', true],
    ['x'.repeat(300), 'name too long', true],
    ['loop', 'too many symbolic links encountered', true],
  ]
  for (const [name, reason, alwaysAnError] of cases) {
    const file = join(dir, name)
    await t.rejects(readConfigFile(file, '--config'), {
      code: 'config',
      message: `cannot read ${file}, named by --config: ${reason}`,
      hint: 'Correct the path in --config.',
    })
    if (alwaysAnError) {
      await t.rejects(readConfigFile(file), {
        code: 'config',
        message: `cannot read ${file}: ${reason}`,
        hint: /^[A-Z].*\.$/,
      })
    } else {
      t.equal(await readConfigFile(file), undefined)
    }
  }
})

void t.test('no permission is not the same as no file', async (t) => {
  const denied = Object.assign(new Error('denied'), { code: 'EACCES', errno: -13 })
  const file = join(t.testdir({ 'z3.conf': INI }), 'z3.conf')
  const load = () => Promise.reject(denied)
  await t.rejects(readConfigFile(file, undefined, load), {
    code: 'config',
    message: `cannot read ${file}: permission denied`,
  })
})

void t.test('an error of our own is not dressed up', async (t) => {
  const bug = new TypeError('bug')
  const file = join(t.testdir({ 'z3.conf': INI }), 'z3.conf')
  const load = () => Promise.reject(bug)
  await t.rejects(readConfigFile(file, undefined, load), bug)
})

void t.test('commands that another user may change', async (t) => {
  const text = '[compressor:lzop]\nCOMPRESS=lzop\nDECOMPRESS=lzop -d\n'
  const read = (name: string, user: number) =>
    readConfigFile(join(dir, name), '--config', undefined, user)
  const dir = t.testdir({ commands: text, plain: INI })
  const me = process.geteuid?.() ?? 0
  for (const name of ['commands', 'plain']) chmodSync(join(dir, name), 0o602)
  const refused = me === 0 ? 'is writable by every user' : 'belongs to another'
  await t.rejects(read('commands', 0), {
    code: 'config',
    message: new RegExp(`commands defines compressors, .* but ${refused}`),
  })
  t.ok(await read('plain', 0), 'a file without commands')
  t.ok(await read('commands', me + 1), 'a user other than root')
  if (me !== 0) return
  const file = join(dir, 'commands')
  chmodSync(file, 0o600)
  t.ok(await read('commands', 0))
  chmodSync(file, 0o660)
  t.ok(await read('commands', 0), 'the group of root may write')
  chownSync(file, 0, 7)
  await t.rejects(read('commands', 0), { message: /by a group \(gid 7\)$/ })
  chmodSync(file, 0o600)
  chownSync(file, 12345, 0)
  await t.rejects(read('commands', 0), {
    message: /another user \(uid 12345\)$/,
  })
})
