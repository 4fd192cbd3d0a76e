import { readFile, writeFile } from 'node:fs/promises'
import { drillKey, manifestKey, recordKey, unreadableSnapshot } from '@z3/core'
import { fakeBucket } from '@z3/fixtures'
import { openStore } from '@z3/s3'
import t, { type Test } from 'tap'
import { listBeside, readDrilled } from '../src/store/list-beside.js'
import {
  mergeRecords,
  readRecords,
  recordsBeside,
  verifiedAt,
  writeRecords,
} from '../src/store/verify-records.js'

const never = new AbortController().signal
const PREFIX = 'z3-backup/'
const object = (name: string, bytes = 3, uploaded: number | undefined = 1000) => ({
  ...unreadableSnapshot(
    { dataset: 'tank/a', snapshot: name },
    `${PREFIX}tank/a@${name}`,
    '',
    undefined,
  ),
  bytes,
  uploaded,
})

void t.test('the file of a host', async (t) => {
  const file = `${t.testdir({})}/z3/records.json`
  const [a, b] = [object('a'), object('b')]
  const identity = '3 1000'
  const objects = new Map([
    [a.key, { identity, stream: 100, data: 300 }],
    [b.key, { identity, data: 500 }],
  ])
  await writeRecords(file, { objects, drilled: 400 })
  const { objects: read, drilled } = await readRecords(file, 900)
  t.equal(drilled, 400)
  t.equal(verifiedAt(a, read, 'stream'), 100, 'reading the bytes alone is less')
  t.equal(verifiedAt(a, read, 'data'), 300)
  t.equal(verifiedAt(b, read, 'data'), 500)
  t.equal(verifiedAt(b, read, 'stream'), undefined)
  t.equal(verifiedAt(object('a', 4), read, 'data'), undefined, 'another object')

  await t.test('times that are in the future', async (t) => {
    const early = await readRecords(file, 250)
    t.equal(early.drilled, undefined)
    t.equal(verifiedAt(a, early.objects, 'data'), 100, 'the stream was verified')
    t.equal(verifiedAt(b, early.objects, 'data'), undefined)
  })

  await t.test('content that is not understood', async (t) => {
    const good = await readFile(file, 'utf8')
    for (const text of [
      '',
      '[]',
      good.slice(0, 40),
      good.replace('"version":2', '"version":3'),
      good.replaceAll(/"(data|stream|drilled)":\d+/g, '"$1":"1"'),
      good.replaceAll('"identity":"3 1000"', '"identity":7'),
    ]) {
      await writeFile(file, text)
      const { objects: found } = await readRecords(file, 900)
      t.equal(verifiedAt(a, found, 'data'), undefined, text)
    }
  })
})

void t.test('the newest of each object, as it is', (t) => {
  const a = object('a')
  const one = new Map([[a.key, { identity: '3 1000', stream: 100, data: 300 }]])
  const other = new Map([[a.key, { identity: '3 1000', stream: 200 }]])
  const replaced = new Map([[a.key, { identity: '9 9', stream: 700 }]])
  for (const merged of [mergeRecords(one, other), mergeRecords(other, one)]) {
    t.equal(verifiedAt(a, merged, 'stream'), 200)
    t.equal(verifiedAt(a, merged, 'data'), 300)
  }
  t.equal(verifiedAt(a, mergeRecords(replaced, one), 'data'), 300)
  t.end()
})

const setup = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake, endpoint } = bucket
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
  const store = await openStore(
    { kind: 's3', bucket: 'bucket' },
    { endpoint, credentials, connections: 2 },
  )
  t.teardown(() => {
    store.close()
  })
  /** A record, written so many seconds ago. */
  const put = (key: string, ago: number): number => {
    const modified = new Date(Date.now() - ago * 1000)
    fake.objects.set(key, { ...fake.put(key, 'x'), modified })
    return Math.floor(modified.getTime() / 1000)
  }
  return { fake, put, place: { store, prefix: PREFIX, dataset: 'tank/a' } }
}

void t.test('records in the store', async (t) => {
  const { fake, put, place } = await setup(t)
  const now = Date.now() / 1000
  const uploaded = Math.floor(now) - 1000
  put(manifestKey(PREFIX, 'tank/a@a'), 999)
  const at = put(recordKey(PREFIX, 'tank/a@a', 'stream'), 500)
  put(recordKey(PREFIX, 'tank/a@old', 'stream'), 1001)
  put(recordKey(PREFIX, 'tank/a@soon', 'stream'), -3600)
  put(recordKey(PREFIX, 'tank/ab@a', 'stream'), 500)
  put(recordKey(PREFIX, 'tank/a@unknown', 'stream'), 500)
  const drilled = put(drillKey(PREFIX, 'tank/a'), 300)
  const beside = await listBeside(place, never)
  t.strictSame(
    [...beside.keys()].sort(),
    ['a', 'old', 'soon', 'unknown'].map((s) => `tank/a@${s}`),
  )
  t.equal(beside.get('tank/a@a')?.manifest?.size, 1)
  t.equal(beside.get('tank/a@a')?.keys.length, 2)

  const objects = ['a', 'old', 'soon'].map((name) => object(name, 3, uploaded))
  const unknown = { ...object('unknown'), uploaded: undefined }
  const records = recordsBeside([...objects, unknown], beside)
  t.strictSame(
    [...records.keys()],
    [`${PREFIX}tank/a@a`],
    'older than its object, or in the future',
  )
  t.strictSame(
    objects.map((one) => verifiedAt(one, records, 'stream')),
    [at, undefined, undefined],
  )
  const requests = fake.requests.length
  t.equal(await readDrilled(place, never), drilled)
  t.equal(await readDrilled({ ...place, dataset: 'tank' }, never), undefined)
  put(drillKey(PREFIX, 'tank/a'), -3600)
  t.equal(await readDrilled(place, never), undefined, 'in the future')
  t.equal(fake.requests.length - requests, 3)
  t.notOk(fake.requests.some(({ op }) => op === 'GetObject' || op === 'HeadObject'))
})
