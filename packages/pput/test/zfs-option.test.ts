import { gzipSync } from 'node:zlib'
import { MIB } from '@z3/core'
import { runBinary, runShell } from '@z3/fixtures'
import t from 'tap'
import { StreamWriter, TOGUID } from '../../zstream/test/make-stream.js'
import { isClean, setup } from './setup.js'

/** A stream of several parts. */
const longStream = (megabytes: number): Buffer => {
  const stream = new StreamWriter().begin()
  for (let i = 0; i < megabytes * 16; i += 1) {
    stream.add({
      kind: 'WRITE',
      fields: { 32: 65_536n, 40: TOGUID },
      payload: Buffer.alloc(65_536, i),
    })
  }
  return stream.end().bytes
}

const STREAM = longStream(11)

void t.test('a whole stream is stored, however it is read', async (t) => {
  const bucket = await setup(t)
  const dir = t.testdir({ stream: STREAM })
  const ways: readonly (readonly [key: string, script: string])[] = [
    ['pipe', `cat ${dir}/stream | pput -q --zfs pipe`],
    ['file', `pput -q --zfs file < ${dir}/stream`],
    ['command', `pput -q --zfs command -- cat ${dir}/stream`],
  ]
  for (const [key, script] of ways) {
    const { code, stderr } = await runShell(script, { env: bucket.env })
    t.equal(code, 0, stderr)
    t.ok((await bucket.get(key)).equals(STREAM), key)
  }
})

void t.test('a stream that ends where a part ends', async (t) => {
  const bucket = await setup(t)
  const args = ['-q', '--zfs', '--chunk-size', String(STREAM.byteLength), 'k']
  const { code, stderr } = await runBinary('pput', args, { env: bucket.env, stdin: STREAM })
  t.equal(code, 0, stderr)
  t.ok((await bucket.get('k')).equals(STREAM))
})

void t.test('what is no whole stream leaves nothing', async (t) => {
  const bucket = await setup(t)
  const damaged = Buffer.from(STREAM)
  damaged[6 * MIB] = 0xaa
  const cases: readonly (readonly [name: string, stdin: Buffer, message: RegExp])[] = [
    ['cut', STREAM.subarray(0, 7 * MIB), /ends in the middle of the data/],
    // where a record, and with it perhaps a part, ends
    ['without its end', STREAM.subarray(0, -312), /ends before its last record/],
    ['damaged', damaged, /byte \d+, record \d+ \(WRITE\)/],
    ['continued', Buffer.concat([STREAM, Buffer.from('x')]), /data after the end/],
    ['compressed', gzipSync(STREAM), /looks like output of gzip.*\n.*uncompressed/],
    ['something else', Buffer.from('once upon a time '.repeat(90)), /not a ZFS send stream/],
    ['empty', Buffer.alloc(0), /the stream is empty/],
  ]
  for (const [name, stdin, message] of cases) {
    const { code, stderr } = await runBinary('pput', ['-q', '--zfs', 'k'], {
      env: bucket.env,
      stdin,
    })
    t.equal(code, 3, `${name}: ${stderr}`)
    t.match(stderr, message, name)
    await isClean(t, bucket)
  }
})

void t.test('a damaged stream is not read to its end', async (t) => {
  const bucket = await setup(t)
  const dir = t.testdir({ head: STREAM.subarray(0, 6 * MIB) })
  // the producer would write for ever
  const { code, stderr } = await runShell(
    `{ cat ${dir}/head; cat /dev/zero; } | pput -q --zfs k; exit "\${PIPESTATUS[1]}"`,
    { env: bucket.env },
  )
  t.equal(code, 3, stderr)
  await isClean(t, bucket)
})

void t.test('a producer that fails is named, not the stream that it cut', async (t) => {
  const bucket = await setup(t)
  const dir = t.testdir({ stream: STREAM })
  const { code, stderr } = await runShell(
    `pput -q --zfs k -- sh -c 'head -c 7000000 ${dir}/stream; exit 9'`,
    { env: bucket.env },
  )
  t.equal(code, 1)
  t.match(stderr, /'sh' exited 9/)
  await isClean(t, bucket)
})

void t.test('whoever vouches is asked all the same', async (t) => {
  const bucket = await setup(t)
  const { code } = await runShell('printf nonsense | pput -q --zfs --commit-fd 3 k 3< <(:)', {
    env: bucket.env,
  })
  t.equal(code, 3)
  const dir = t.testdir({ stream: STREAM })
  const refused = await runShell(`pput -q --zfs --commit-fd 3 k 3< <(:) < ${dir}/stream`, {
    env: bucket.env,
  })
  t.equal(refused.code, 1)
  await isClean(t, bucket)
})
