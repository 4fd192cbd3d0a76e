import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ObjectSummary } from '@z3/s3'
import t from 'tap'
import { openMetadataCache } from '../src/store/metadata-cache.js'

const object = (change: Partial<ObjectSummary> = {}): ObjectSummary => ({
  key: 'z3-backup/tank@a',
  etag: '"1"',
  size: 10,
  modified: new Date(5000),
  ...change,
})

void t.test('metadata are kept while the object is the same', async (t) => {
  const env = { XDG_CACHE_HOME: t.testdir({}) }
  const first = await openMetadataCache(env, 'here')
  t.equal(first.get(object()), undefined)
  first.set(object(), { isfull: 'true' })
  await first.save()
  const second = await openMetadataCache(env, 'here')
  t.strictSame(second.get(object()), { isfull: 'true' })
  t.equal(second.get(object({ etag: '"2"' })), undefined)
  t.equal(second.get(object({ size: 11 })), undefined)
  t.equal(second.get(object({ modified: new Date(6000) })), undefined)
  t.equal(second.get(object({ key: 'another' })), undefined)
  const elsewhere = await openMetadataCache(env, 'elsewhere')
  t.equal(elsewhere.get(object()), undefined)
})

void t.test('what was found in an object is kept with it', async (t) => {
  const env = { XDG_CACHE_HOME: t.testdir({}) }
  const first = await openMetadataCache(env, 'here')
  first.set(object(), {})
  first.setContent(object(), 'zfs')
  first.setContent(object({ etag: '"2"' }), 'gzip')
  await first.save()
  const second = await openMetadataCache(env, 'here')
  t.equal(second.getContent(object()), 'zfs')
  t.equal(second.getContent(object({ etag: '"2"' })), undefined)
  // metadata that are read again do not drop it
  second.set(object(), { a: 'b' })
  await second.save()
  const third = await openMetadataCache(env, 'here')
  t.equal(third.getContent(object()), 'zfs')
})

void t.test('objects that are gone are forgotten', async (t) => {
  const env = { XDG_CACHE_HOME: t.testdir({}) }
  const first = await openMetadataCache(env, 'here')
  first.set(object(), {})
  first.set(object({ key: 'gone' }), {})
  await first.save()
  const second = await openMetadataCache(env, 'here')
  second.get(object())
  await second.save()
  const third = await openMetadataCache(env, 'here')
  t.ok(third.get(object()))
  t.notOk(third.get(object({ key: 'gone' })))
})

void t.test('only its owner may read the file', async (t) => {
  const home = t.testdir({})
  const cache = await openMetadataCache({ HOME: home }, 'here')
  cache.set(object(), {})
  await cache.save()
  const directory = join(home, '.cache', 'z3')
  const [name = ''] = readdirSync(directory)
  t.equal(statSync(join(directory, name)).mode & 0o777, 0o600)
  t.equal(statSync(directory).mode & 0o777, 0o700)
})

void t.test('a damaged file is no cache, and is replaced', async (t) => {
  const env = { XDG_CACHE_HOME: t.testdir({}) }
  const first = await openMetadataCache(env, 'here')
  first.set(object(), { a: 'b' })
  await first.save()
  const directory = join(env.XDG_CACHE_HOME, 'z3')
  const file = join(directory, readdirSync(directory)[0] ?? '')
  const good = readFileSync(file, 'utf8')
  const bad = [
    '',
    'null',
    '[]',
    good.slice(0, -5),
    good.replace('"version":1', '"version":2'),
    '{"version":1,"objects":[]}',
    good.replace('"b"', '7'),
  ]
  for (const text of bad) {
    writeFileSync(file, text)
    const cache = await openMetadataCache(env, 'here')
    t.equal(cache.get(object()), undefined, text)
    cache.set(object(), { a: 'b' })
    await cache.save()
    const again = await openMetadataCache(env, 'here')
    t.strictSame(again.get(object()), { a: 'b' })
  }
})

void t.test('without a home there is none', async (t) => {
  const cache = await openMetadataCache({ XDG_CACHE_HOME: 'relative' }, 'x')
  cache.set(object(), {})
  await t.resolves(cache.save())
})

void t.test('a place that cannot be written is an error', async (t) => {
  const dir = t.testdir({ file: '' })
  const cache = await openMetadataCache({ XDG_CACHE_HOME: join(dir, 'file') }, 'here')
  cache.set(object(), {})
  await t.rejects(cache.save(), { code: 'ENOTDIR' })
})
