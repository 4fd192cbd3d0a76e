import t from 'tap'
import { fakeStore } from '../fake-store.js'

const KEY = 'small'

void t.test('one request', async (t) => {
  const { fake, store } = await fakeStore(t)
  fake.put(KEY, 'content')
  t.equal(String(await store.get(KEY, 7)), 'content')
  t.equal(fake.requests.length, 1)
  t.equal(await store.get(KEY, 6), undefined)
})

void t.test('an answer that is cut is read again', async (t) => {
  const { fake, store } = await fakeStore(t)
  fake.put(KEY, 'content'.repeat(1000))
  let requests = 0
  fake.faults = () => {
    requests += 1
    return requests === 1 ? { reset: 'midBody' } : undefined
  }
  t.equal((await store.get(KEY, 7000))?.byteLength, 7000)
  t.equal(requests, 2)
})

void t.test('an answer without a length that is too long', async (t) => {
  const { fake, store } = await fakeStore(t)
  fake.put(KEY, 'content')
  fake.faults = () => ({ alter: (reply) => ({ ...reply, body: Buffer.alloc(100_000) }) })
  t.equal(await store.get(KEY, 7), undefined)
})

void t.test('a proxy that compresses', async (t) => {
  const { fake, store } = await fakeStore(t)
  fake.put(KEY, 'content')
  fake.faults = () => ({ headers: { 'content-encoding': 'gzip' } })
  await t.rejects(store.get(KEY, 7), { code: 'store-rejected', message: /compressed/ })
})
