import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { MIB } from '@z3/core'
import { pattern, startBinary, until } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { isClean, setup, type FakeBucket } from './setup.js'

/** Start pput as inetd does: its standard input is a TCP connection. */
const startOnSocket = async (
  t: Test,
  bucket: FakeBucket,
  begin: (peer: Socket) => void = () => undefined,
) => {
  const listener = createServer({ pauseOnConnect: true })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => listener.close())
  const accepted = once(listener, 'connection') as Promise<[Socket]>
  const peer = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  await once(peer, 'connect')
  const [socket] = await accepted
  begin(peer)
  const run = startBinary('pput', ['--json', '-s', '5M', 'k'], { env: bucket.env, stdin: socket })
  // the child has its own
  socket.destroy()
  return { peer, run }
}

void t.test('a TCP connection that ends', async (t) => {
  const bucket = await setup(t)
  const data = pattern(6 * MIB)
  const { peer, run } = await startOnSocket(t, bucket)
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
    const { peer, run } = await startOnSocket(t, bucket)
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
  const { run } = await startOnSocket(t, bucket, (peer) => {
    peer.write('x')
    peer.resetAndDestroy()
  })
  const { code, stderr } = await run.ended
  t.equal(code, 1, stderr)
  await isClean(t, bucket)
})
