/** The index of a dataset: written by backups, read by commands that show what is there. */
import { gunzipSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { loadStored, type LoadOptions } from '../src/store/load-stored.js'
import { updateIndex } from '../src/store/metadata-index.js'
import { openFakeBucket } from './open-fake-bucket.js'

const never = new AbortController().signal
const INDEX = 'z3-backup/.z3/tank/a@.index'

const setup = async (t: Test, objects: number) => {
  const { fake, store } = await openFakeBucket(t)
  const place = { store, prefix: 'z3-backup/', dataset: 'tank/a' }
  const put = (n: number, guid = n + 1) =>
    fake.put(`z3-backup/tank/a@s${String(n)}`, `body ${String(n)}`, {
      ...(n === 0 ? { isfull: 'true' } : { parent: `tank/a@s${String(n - 1)}` }),
      guid: String(guid),
      compressor: 'none',
    })
  for (let n = 0; n < objects; n++) put(n)
  const told: string[] = []
  const tell = (line: string) => told.push(line)
  const caches = t.testdir({})
  /** @param host whose cache is used */
  const load = async (host: string, options?: LoadOptions) => {
    const from = fake.requests.length
    const env = { XDG_CACHE_HOME: `${caches}/${host}` }
    const loaded = await loadStored(place, env, never, tell, options)
    const heads = fake.requests.slice(from).filter(({ op }) => op === 'HeadObject').length
    return { ...loaded, heads }
  }
  /** What a backup does. */
  const backUp = async (host = 'writer') => {
    const { cache } = await load(host)
    const from = fake.requests.length
    await updateIndex(place, cache, never, tell)
    return fake.requests.slice(from).map(({ op, key }) => `${op} ${key}`)
  }
  return { fake, put, load, backUp, told }
}

void t.test('a host without a cache needs no HEADs', async (t) => {
  const { fake, put, load, backUp, told } = await setup(t, 100)
  t.strictSame(await backUp(), [`PutObject ${INDEX}`])
  const looked = await load('looked')
  t.equal(looked.heads, 100, 'what decides what is sent or restored does not use it')
  const shown = await load('shown', { index: true })
  t.equal(shown.heads, 0)
  t.strictSame(shown.snapshots, looked.snapshots)
  t.equal((await load('shown')).heads, 100, 'nor does it get into the cache')

  put(3, 77)
  put(100)
  const later = await load('later', { index: true })
  t.equal(later.heads, 2, 'objects that the index does not know')
  t.match(
    later.snapshots.find(({ snapshot }) => snapshot === 's3'),
    { guid: '77' },
  )
  fake.objects.delete('z3-backup/tank/a@s5')
  t.equal((await load('gone', { index: true })).snapshots.length, 100)
  t.equal((await load('check', { index: true, looks: 'all' })).heads, 100)
  t.strictSame(told, [])
})

void t.test('it is written only where it saves something', async (t) => {
  const { fake, put, load, backUp } = await setup(t, 32)
  t.strictSame(await backUp(), [], 'few objects')
  put(32)
  t.strictSame(await backUp(), [`PutObject ${INDEX}`])
  for (let n = 33; n < 65; n++) put(n)
  t.strictSame(await backUp(), [], 'what is missing is one round trip')
  put(65)
  t.strictSame(await backUp(), [`PutObject ${INDEX}`])
  t.strictSame(await backUp(), [])
  for (let n = 0; n < 40; n++) fake.objects.delete(`z3-backup/tank/a@s${String(n)}`)
  t.strictSame(await backUp(), [`PutObject ${INDEX}`], 'most of it is gone')
  const small = await load('small', { index: true })
  t.equal(small.heads, 26, 'few objects need no index')
})

void t.test('an index that cannot be used', async (t) => {
  const { fake, load, backUp, told } = await setup(t, 60)
  await backUp()
  const good = fake.objects.get(INDEX)?.body ?? Buffer.alloc(0)
  const text = String(gunzipSync(good))
  const attempts: readonly (readonly [string, Buffer, RegExp])[] = [
    ['no gzip', Buffer.from('{}'), /incorrect header check/],
    ['truncated', good.subarray(0, 100), /unexpected end of file/],
    ['no JSON', gzipSync('{'), /damaged, or of a newer z3/],
    ['a newer version', gzipSync(text.replace('"version":1', '"version":2')), /of a newer z3/],
    ['a bomb', gzipSync(Buffer.alloc(100 * 1024 * 1024)), /larger than|maxOutputLength/i],
  ]
  for (const [title, body, why] of attempts) {
    fake.put(INDEX, body)
    const { heads, snapshots } = await load(title, { index: true })
    t.equal(heads, 60, title)
    t.equal(snapshots.length, 60)
    t.match(told.splice(0), [why])
  }
  fake.put(INDEX, gzipSync(text.replaceAll('"guid":"7"', '"guid":7')))
  const partly = await load('partly', { index: true })
  t.equal(partly.heads, 1, 'an entry that is not valid is left out')
  fake.faults = ({ op, key }) =>
    op === 'GetObject' && key === INDEX ? { status: 403, code: 'AccessDenied' } : undefined
  t.equal((await load('refused', { index: true })).heads, 60)
  t.match(told, [/403 AccessDenied/])
})

void t.test('a store that takes no index', async (t) => {
  const { fake, backUp, told } = await setup(t, 60)
  fake.faults = ({ op }) => (op === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined)
  t.strictSame(await backUp(), [`PutObject ${INDEX}`])
  t.match(told, [/^cannot write the index 'z3-backup\/\.z3\/tank\/a@\.index': .*AccessDenied/])
})
