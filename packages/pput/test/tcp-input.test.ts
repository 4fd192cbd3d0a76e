import type { Socket } from 'node:net'
import { MIB } from '@z3/core'
import { pattern, startOnSocket, until } from '@z3/fixtures'
import t from 'tap'
import { isClean, setup, type FakeBucket } from './setup.js'

const start = (bucket: FakeBucket, begin?: (peer: Socket) => void) =>
  startOnSocket('pput', ['--json', '-s', '5M', 'k'], bucket.env, begin)

void t.test('a TCP connection that ends', async (t) => {
  const bucket = await setup(t)
  const data = pattern(6 * MIB)
  const { peer, run } = await start(bucket)
  peer.end(data)
  const { code, stderr } = await run.ended
  t.equal(code, 0, stderr)
  t.ok((await bucket.get('k')).equals(data))
})

void t.test('a TCP connection that is reset stores nothing', async (t) => {
  const sent = (bucket: FakeBucket, op: string) => () =>
    bucket.fake.requests.some((request) => request.op === op && request.status !== undefined)
  for (const [when, op, bytes] of [
    ['before the first byte', 'CreateMultipartUpload', 0],
    ['in the middle of a part', 'CreateMultipartUpload', 100_000],
    ['behind a part', 'UploadPart', 5 * MIB],
    ['in the second part', 'UploadPart', 5 * MIB + 100_000],
  ] as const) {
    const bucket = await setup(t)
    const { peer, run } = await start(bucket)
    peer.write(pattern(bytes))
    await until('it has come so far', sent(bucket, op))
    peer.resetAndDestroy()
    const { code, stdout, stderr } = await run.ended
    t.equal(code, 1, `${when}: ${stderr}`)
    t.match(JSON.parse(String(stdout)), { code: 'input-failed', message: /ECONNRESET/ }, when)
    await isClean(t, bucket)
  }
})

void t.test('a TCP connection that was reset before it is read', async (t) => {
  const bucket = await setup(t)
  const { run } = await start(bucket, (peer) => {
    peer.write('x')
    peer.resetAndDestroy()
  })
  const { code, stderr } = await run.ended
  t.equal(code, 1, stderr)
  await isClean(t, bucket)
})
