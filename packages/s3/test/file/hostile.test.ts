import { execFileSync } from 'node:child_process'
import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FileStore } from '../../src/file/store.js'
import { collect, keysOf, put, read } from '../contract/fixture.js'
import { filesBelow } from './files-below.js'

const ID = '0123456789abcdef'.repeat(2)
const KEY = 'tank/a@1'
const rejected = { name: 'Z3Error', code: 'store-rejected' as const }

/** A store with the object KEY in it. */
async function storeWithObject(t: Test): Promise<{
  store: FileStore
  root: string
  descriptor: string
  data: string
}> {
  const root = t.testdir({ outside: {}, root: {} })
  const store = new FileStore(join(root, 'root'))
  await put(store, KEY, Buffer.from('stream'))
  const files = await filesBelow(join(root, 'root'))
  const data = files.find((name) => /\.[0-9a-f]{32}$/.test(name)) ?? ''
  return {
    store,
    root: join(root, 'root'),
    descriptor: join(root, 'root', 'tank/a@1.z3.json'),
    data: join(root, 'root', data),
  }
}

await t.test('descriptors that are not to be believed', async (t) => {
  const { store, descriptor, root } = await storeWithObject(t)
  const text = await readFile(descriptor, 'utf8')
  const good = JSON.parse(text) as Record<string, unknown>
  await writeFile(join(root, 'tank', `secret.${ID}`), 'secret')
  const cases: [string, string][] = [
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['cut JSON', text.slice(0, 50)],
    ['null', 'null'],
    ['a list', '[]'],
    ['a string', '"x"'],
    ['no fields', '{}'],
    ['binary', '\0\xff\xfe'],
    ['too long', ' '.repeat(70_000) + text],
    ['deeply nested', '['.repeat(60_000)],
  ]
  for (const [field, values] of Object.entries({
    version: [0, '1', 2, null],
    key: [1, null, 'tank/a@2', '', '../a'],
    size: ['6', -1, 1.5, 1e300, null],
    etag: [1, '', 'x', '"', '""', '"a\nb"', null],
    crc32: [1, 'xyz', '', '123456789', null],
    metadata: [null, [], 'x', { a: 1 }, { a: null }],
    modified: ['yesterday', 1, null, ''],
    data: [
      `../secret.${ID}`,
      `../../outside/a@1.${ID}`,
      `/etc/passwd`,
      `secret.${ID}`,
      `a@1.${ID}/x`,
      `x/a@1.${ID}`,
      `a@1.${ID}.pending`,
      'a@1.z3.json',
      'a@1',
      '',
      1,
      null,
    ],
  })) {
    for (const value of values) {
      const changed = JSON.stringify({ ...good, [field]: value })
      cases.push([`${field}: ${JSON.stringify(value)}`, changed])
    }
    const without = Object.entries(good).filter(([name]) => name !== field)
    cases.push([`no ${field}`, JSON.stringify(Object.fromEntries(without))])
  }
  const wanted = { ...rejected, message: /a@1\.z3\.json'/ }
  for (const [title, content] of cases) {
    await t.test(title, async (t) => {
      await writeFile(descriptor, content)
      const into = Buffer.alloc(6)
      const etag = String(good['etag'])
      await t.rejects(store.head(KEY), wanted)
      await t.rejects(store.read(KEY, { offset: 0, into, etag, size: 6 }), wanted)
      t.match(await collect(store.list('')), [{ key: KEY, problem: wanted }])
      await t.rejects(store.delete(KEY), wanted)
      const body = Buffer.from('x')
      await t.rejects(put(store, KEY, body), wanted)
      await t.rejects(put(store, KEY, body, { overwrite: true }), wanted)
      t.equal(await readFile(descriptor, 'utf8'), content, 'is left alone')
    })
  }
  await writeFile(descriptor, text)
  t.equal((await store.head(KEY)).size, 6, 'the good one is taken again')
  const extra = { ...good, future: { x: 1 } }
  await writeFile(descriptor, JSON.stringify(extra))
  t.equal((await store.head(KEY)).size, 6, 'and so is one that says more')
})

await t.test('a data file that is cut, grown or gone', async (t) => {
  const { store, data } = await storeWithObject(t)
  const info = await store.head(KEY)
  const damaged = { name: 'Z3Error', code: 'size-mismatch' as const }
  for (const size of [5, 0, 7]) {
    await truncate(data, size)
    await t.rejects(store.head(KEY), damaged, `${String(size)} bytes`)
    await t.rejects(read(store, info, 0, 1), damaged)
    t.match(await collect(store.list('')), [{ key: KEY, problem: damaged }])
  }
  execFileSync('rm', [data])
  await t.rejects(store.head(KEY), { ...damaged, message: /is missing/ })
  t.match(await collect(store.list('')), [{ key: KEY, problem: damaged }])
  await t.rejects(read(store, info, 0, 1), damaged)
  await store.delete(KEY)
  await t.rejects(store.head(KEY), { code: 'no-such-key' }, 'can be deleted')
})

await t.test('things that are not regular files', { timeout: 20_000 }, async (t) => {
  for (const what of ['descriptor', 'data'] as const) {
    const { store, root, ...paths } = await storeWithObject(t)
    const path = paths[what]
    const away = `${path}-away`
    execFileSync('mv', [path, away])
    const info = { key: KEY, etag: '"x"', size: 1 }
    await symlink(away, path)
    await t.rejects(store.head(KEY), rejected, `${what}: link`)
    execFileSync('rm', [path])
    execFileSync('mkfifo', [path])
    await t.rejects(store.head(KEY), rejected, `${what}: FIFO`)
    execFileSync('rm', [path])
    await mkdir(path)
    await t.rejects(store.head(KEY), rejected, `${what}: directory`)
    if (what === 'descriptor') {
      await t.rejects(read(store, info, 0, 1), rejected)
      t.same(await keysOf(store, ''), [], 'is not listed')
    }
    t.ok((await filesBelow(root)).length > 0)
  }
})

await t.test('links to directories are not followed', async (t) => {
  const { store, root } = await storeWithObject(t)
  const outside = join(root, '..', 'outside')
  await symlink(outside, join(root, 'evil'))
  const elsewhere = new FileStore(outside)
  await put(elsewhere, 'x', Buffer.from('x'))
  const before = await filesBelow(outside)
  await t.rejects(store.head('evil/x'), rejected)
  await t.rejects(store.delete('evil/x'), rejected)
  await t.rejects(put(store, 'evil/y', Buffer.from('y')), rejected)
  await t.rejects(put(store, 'evil/deep/y', Buffer.from('y')), rejected)
  const upload = { key: 'evil/x', uploadId: ID, initiated: undefined }
  await t.rejects(store.abortUpload(upload), rejected)
  await t.rejects(collect(store.list('')), rejected, 'keys may be missing')
  t.same(await keysOf(store, 'tank/'), [KEY], 'elsewhere they are not')
  t.same(await filesBelow(outside), before)
})

await t.test('keys never leave the directory', async (t) => {
  const root = t.testdir({ root: {} })
  const store = new FileStore(join(root, 'root'))
  const keys = [
    '../escaped',
    '..',
    '.',
    '/escaped',
    'a/../../escaped',
    '\0',
    'a\nb',
    '//',
    '/'.repeat(900),
    '\x7f\x01',
  ]
  for (const key of keys) {
    const info = await put(store, key, Buffer.from(key))
    const found = await read(store, info, 0, info.size)
    t.equal(found.toString(), key, JSON.stringify(key).slice(0, 30))
  }
  const outside = (await filesBelow(root)).filter((f) => !f.startsWith('root/'))
  t.same(outside, [])
  t.same(
    await keysOf(store, ''),
    [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  )
  for (const key of keys) await store.delete(key)
  t.same(await filesBelow(root), ['root/'])
})

await t.test('files of others are passed over', async (t) => {
  const { store, root } = await storeWithObject(t)
  const others = {
    'README.txt': 'x',
    '.z3.json': '{}',
    'bad%2e.z3.json': '{}',
    'bad%.z3.json': '{}',
    'bad%41.z3.json': '{}',
    [`bad%41.${ID}`]: 'x',
    [`.${ID}`]: 'x',
    'a@1': 'raw',
    'a@1.0123': 'x',
  }
  for (const [name, content] of Object.entries(others)) {
    await writeFile(join(root, name), content)
  }
  for (const name of ['lost+found', 'empty', '%', 'x%', 'dir.z3.json', '%zz']) {
    await mkdir(join(root, name))
  }
  await writeFile(join(root, 'x%', 'y.z3.json'), 'not where xy belongs')
  await symlink('nowhere', join(root, 'dangling'))
  await symlink('README.txt', join(root, 'link'))
  t.same(await keysOf(store, ''), [KEY])
  t.same(await collect(store.listUploads('')), [])
  await t.rejects(store.head('README.txt/x'), { code: 'no-such-key' })
  await t.rejects(put(store, 'README.txt/x', Buffer.from('x')), rejected)
  const before = await filesBelow(root)
  await store.delete(KEY)
  t.ok(before.every((name) => name.startsWith('tank') || name !== ''))
  t.notOk((await filesBelow(root)).includes('tank/'), 'empty: tidied away')
  t.ok((await filesBelow(root)).includes('empty/'), 'not ours: left')
})

await t.test('an upload id is no path', async (t) => {
  const { store, root } = await storeWithObject(t)
  const before = await filesBelow(root)
  for (const uploadId of ['', '../x', 'z3.json', `${ID}.pending`, ID.toUpperCase()]) {
    const upload = { key: KEY, uploadId, initiated: undefined }
    await t.rejects(store.abortUpload(upload), { code: 'no-such-upload' })
  }
  const unknown = { key: KEY, uploadId: ID, initiated: undefined }
  await t.resolves(store.abortUpload(unknown), 'one that is not there')
  t.same(await filesBelow(root), before)
})

await t.test('a name that the file system does not tell apart', async (t) => {
  // exFAT, vfat and SMB find `A` where `a` is asked for
  const { store, root, descriptor } = await storeWithObject(t)
  execFileSync('cp', [descriptor, join(root, 'tank/A@1.z3.json')])
  await t.rejects(store.head('tank/A@1'), rejected)
  const body = Buffer.from('x')
  await t.rejects(put(store, 'tank/A@1', body, { overwrite: true }), rejected)
  t.equal((await store.head(KEY)).size, 6)
})
