import { formatObjectLimit, OBJECT_LIMIT } from '@z3/core'
import t, { type Test } from 'tap'
import { openAsOf } from '../../src/as-of/open-as-of.js'
import type { ObjectStore } from '../../src/object-store.js'
import { LargeObjectStore } from '../../src/large/large-store.js'
import { FileStore } from '../../src/file/store.js'
import { collect } from '../contract/fixture.js'
import { fakeStore } from '../fake-store.js'

const SIGNAL = new AbortController().signal

/** A fake bucket with versions of `b/…` on five days of January. */
const open = async (t: Test, options: Parameters<typeof fakeStore>[1] = {}) => {
  const { fake, store } = await fakeStore(t, { pageSize: 2, ...options })
  fake.versions.status = 'Enabled'
  const object = (text: string) => {
    const made = fake.put('made', text, { text })
    fake.objects.delete('made')
    return made
  }
  const put = (key: string, day: number, text: string, id?: string) => {
    fake.versions.add(key, `2026-01-0${String(day)}T00:00:00Z`, object(text), id)
  }
  const remove = (key: string, day: number, id?: string) => {
    fake.versions.add(key, `2026-01-0${String(day)}T00:00:00Z`, undefined, id)
  }
  const notes: string[] = []
  const asOf = (time: string | number): Promise<ObjectStore> =>
    openAsOf(store, {
      time: typeof time === 'number' ? `2026-01-0${String(time)}T12:00:00Z` : time,
      onNote: (line) => notes.push(line),
      signal: SIGNAL,
    })
  return { fake, store, put, remove, notes, asOf }
}

const textOf = async (store: ObjectStore, key: string): Promise<string> => {
  const { size, etag, metadata } = await store.head(key)
  const into = new Uint8Array(size)
  await store.read(key, { offset: 0, into, etag, size })
  const text = Buffer.from(into).toString()
  const small = String(await store.get(key, size))
  return metadata['text'] === text && small === text ? text : `${text}, ${small} and other metadata`
}

const shown = async (store: ObjectStore): Promise<Record<string, string>> => {
  const found: Record<string, string> = {}
  for (const { key } of await collect(store.list('b/'))) found[key] = await textOf(store, key)
  return found
}

void t.test('of each key the version of that time, on any number of pages', async (t) => {
  const { put, remove, asOf } = await open(t)
  put('a', 1, 'of another prefix')
  put('b/kept', 1, 'kept')
  put('b/late', 5, 'late')
  put('b/replaced', 1, 'one')
  put('b/replaced', 2, 'two')
  put('b/replaced', 4, 'four')
  put('b/replaced', 5, 'five')
  put('b/deleted', 2, 'deleted')
  remove('b/deleted', 4)
  put('b/again', 1, 'before')
  remove('b/again', 2)
  put('b/again', 4, 'after')
  t.same(await shown(await asOf(1)), {
    'b/again': 'before',
    'b/kept': 'kept',
    'b/replaced': 'one',
  })
  t.same(await shown(await asOf(3)), {
    'b/deleted': 'deleted',
    'b/kept': 'kept',
    'b/replaced': 'two',
  })
  t.same(await shown(await asOf(5)), {
    'b/again': 'after',
    'b/kept': 'kept',
    'b/late': 'late',
    'b/replaced': 'five',
  })
  // exactly then
  t.equal((await shown(await asOf('2026-01-04T00:00:00Z')))['b/replaced'], 'four')
})

void t.test('one key, without a listing', async (t) => {
  const { fake, put, remove, asOf } = await open(t)
  put('b/k', 1, 'one')
  remove('b/k', 2)
  put('b/k', 3, 'three')
  put('b/k2', 1, 'another')
  const first = await asOf(1)
  t.equal(await textOf(first, 'b/k'), 'one')
  t.equal(await first.exists('b/k'), true)
  const second = await asOf(2)
  t.equal(await second.exists('b/k'), false)
  await t.rejects(second.head('b/k'), {
    code: 'no-such-key',
    message: /there was no object 'b\/k' at 2026-01-02T12:00:00.000Z/,
  })
  t.equal(await textOf(await asOf(3), 'b/k'), 'three')
  await t.rejects(first.head('b/'), { code: 'no-such-key' })
  const reads = fake.requests.filter(({ op }) => op === 'GetObject')
  t.ok(reads.every(({ query }) => query['versionId']))
  // a small object is read at once: there is nothing to change in between
  const ranges = reads.filter(({ headers }) => headers['range'])
  t.ok(ranges.length > 0 && ranges.every(({ headers }) => headers['if-match']))
})

void t.test('the ETag pins the version, too', async (t) => {
  const { put, asOf } = await open(t)
  put('b/k', 1, 'one')
  const store = await asOf(1)
  const { size } = await store.head('b/k')
  const into = new Uint8Array(size)
  await t.rejects(store.read('b/k', { offset: 0, into, etag: '"other"', size }), {
    code: 'object-changed',
  })
})

void t.test('within one second, an object is shown rather than hidden', async (t) => {
  const { put, remove, asOf } = await open(t, { pageSize: 1000 })
  put('b/unclear', 1, 'unclear')
  remove('b/unclear', 1)
  put('b/unclear', 3, 'later')
  put('b/clear', 1, 'clear')
  remove('b/clear', 1)
  t.same(await shown(await asOf(1)), { 'b/unclear': 'unclear' })
})

void t.test('a write is refused', async (t) => {
  const { fake, asOf } = await open(t)
  const store = await asOf(1)
  const refused = { code: 'usage', message: /2026-01-01T12:00:00.000Z cannot be changed/ }
  await t.rejects(store.put('k', Buffer.from('x')), refused)
  await t.rejects(store.delete('k'), refused)
  await t.rejects(store.createUpload('k', { metadata: {}, overwrite: true }), refused)
  await t.rejects(store.abortUpload({ key: 'k', uploadId: 'u', initiated: undefined }), refused)
  t.throws(() => store.listUploads(''), refused)
  t.ok(fake.requests.every(({ method }) => method === 'GET'))
})

void t.test('versioning off, denied, suspended, unknown to the server', async (t) => {
  const { fake, store, notes, asOf } = await open(t)
  fake.versions.status = undefined
  await t.rejects(asOf(1), { code: 'config', message: /versioning is off/ })

  fake.versions.status = 'Suspended'
  await asOf(1)
  t.match(notes, [/^versioning is suspended/, /^showing bucket .* as of 2026-01-01T12:00:00.000Z$/])

  notes.length = 0
  fake.faults = ({ op }) =>
    op === 'GetBucketVersioning' ? { status: 403, code: 'AccessDenied' } : undefined
  const denied = await asOf(1)
  t.match(notes[0], /^cannot tell whether versioning is enabled: access denied/)

  // a server that ignores `?versions`
  fake.faults = ({ op }) =>
    op === 'ListObjectVersions'
      ? { garbled: '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>' }
      : undefined
  await t.rejects(collect(denied.list('')), { code: 'not-implemented' })

  fake.faults = () => ({ status: 501, code: 'NotImplemented' })
  await t.rejects(openAsOf(store, { time: '1d', onNote: () => undefined, signal: SIGNAL }), {
    code: 'not-implemented',
  })
})

void t.test('a directory has no versions', async (t) => {
  const store = new FileStore(t.testdir({}))
  await t.rejects(openAsOf(store, { time: '1d', onNote: () => undefined, signal: SIGNAL }), {
    code: 'config',
    message: /has no versions/,
  })
})

void t.test('the clock of the server decides', async (t) => {
  const { notes, asOf } = await open(t, { date: () => new Date('2026-01-03T12:00:00Z') })
  t.match((await asOf('2d')).asOf?.toISOString(), /^2026-01-01T/)
  t.match(notes[0], /^the clock of this host is \d+ s ahead of that of the server/)
  await t.rejects(asOf(4), { code: 'usage', message: /is in the future/ })
  await t.rejects(asOf('tomorrow'), { code: 'usage' })
})

void t.test('what is not known is said, once', async (t) => {
  const { put, remove, notes, asOf } = await open(t)
  const gaps = async (time: number): Promise<string[]> => {
    const store = await asOf(time)
    notes.length = 0
    await collect(store.list('b/'))
    await collect(store.list('b/o'))
    return notes
  }
  put('b/old', 2, 'before versioning', 'null')
  t.match(await gaps(1), [
    /^an object of 'b\/' was written or deleted after 2026-01-01T12:00:00.000Z while versioning was off/,
    /^the oldest version of 'b\/' is of 2026-01-02T00:00:00.000Z$/,
  ])
  t.match(await gaps(2), [/^nothing proves that versioning was enabled: objects of 'b\/'/])
  put('b/new', 3, 'with versioning')
  t.match(await gaps(2), [/was enabled before 2026-01-03T00:00:00.000Z: objects of/])
  t.same(await gaps(3), [])
  remove('b/new', 5, 'null')
  t.match(await gaps(3), [/^an object of 'b\/' was written or deleted after/])
  const store = await asOf(3)
  notes.length = 0
  t.equal(await textOf(store, 'b/new'), 'with versioning')
  t.match(notes, [/^'b\/new' was written or deleted after/])
})

const page = (truncated: string, more = ''): string =>
  `<R><KeyMarker/>${truncated && `<IsTruncated>${truncated}</IsTruncated>`}${more}</R>`

const lies: readonly (readonly [string, string, RegExp])[] = [
  ['no word whether there is more', page(''), /the response is not a listing/],
  ['more, and no marker', page('true'), /does not say where the next page begins/],
  [
    'the same page for ever',
    page('true', '<NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker>'),
    /the server repeats the same page/,
  ],
  [
    'a version without an id',
    page('false', '<Version><Key>k</Key><Size>1</Size></Version>'),
    /lists a version of 'k' without its id or time/,
  ],
  [
    'a version without a size',
    page(
      'false',
      '<Version><Key>k</Key><VersionId>1</VersionId><LastModified>2026-01-01T00:00:00Z</LastModified></Version>',
    ),
    /lists 'k' without a size/,
  ],
]

void t.test('an object that continues in others, all of that time', async (t) => {
  const { fake, asOf } = await open(t)
  const add = (key: string, day: number, body: string, stream: string, number: number) => {
    const metadata = { [OBJECT_LIMIT]: formatObjectLimit({ limit: 4, stream, number }) }
    const object = fake.put(key, body, metadata)
    fake.versions.add(key, `2026-01-0${String(day)}T00:00:00Z`, object)
  }
  const [first, second] = ['a'.repeat(24), 'b'.repeat(24)]
  add('b/k.z3+001', 1, 'ld', first, 1)
  add('b/k', 1, 'the-', first, 0)
  add('b/k.z3+001', 3, 'w', second, 1)
  add('b/k', 3, 'new-', second, 0)
  fake.versions.add('b/k', '2026-01-05T00:00:00Z')
  for (const [day, text] of [
    [2, 'the-ld'],
    [4, 'new-w'],
  ] as const) {
    const store = new LargeObjectStore(await asOf(day))
    t.equal(store.asOf?.getUTCDate(), day)
    const [item, ...rest] = await collect(store.list('b/'))
    t.match(item, { key: 'b/k', size: text.length, objects: 2 })
    t.same(rest, [])
    const { size, etag } = await store.head('b/k')
    const into = new Uint8Array(size)
    await store.read('b/k', { offset: 0, into, etag, size })
    t.equal(Buffer.from(into).toString(), text)
  }
})

void t.test('listings that lie', async (t) => {
  const { fake, asOf } = await open(t)
  const store = await asOf(1)
  for (const [what, garbled, message] of lies) {
    fake.faults = () => ({ garbled })
    await t.rejects(collect(store.list('')), { code: 'store-rejected', message }, what)
  }
})
