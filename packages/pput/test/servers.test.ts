import { MIB } from '@z3/core'
import {
  fakeBucket,
  NO_SERVER,
  OPEN,
  pattern,
  runBinary,
  runShell,
  serverBucket,
  startBinary,
  testServers,
  until,
  type TestBucket,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { isClean } from './setup.js'

/** What must hold on a server that does not pretend, too. */
const suite = async (t: Test, bucket: TestBucket, transportOnly = false): Promise<void> => {
  const { env } = bucket

  await t.test('the ETag is the one that S3 documents', async (t) => {
    // 512-byte records: byte 2k is c, byte 2k+1 is k mod 256
    const data = Buffer.alloc(6 * MIB)
    for (let i = 0; i < data.length; i++) {
      data[i] = i % 2 === 0 ? Math.floor(i / MIB) : ((i % 512) >> 1) % 256
    }
    const { code, stdout, stderr } = await runBinary('pput', ['-s', '5M', 'etag'], {
      env,
      stdin: data,
    })
    t.equal(code, 0, stderr)
    const etag = '"d229c1fc0e509475afe56426c89d2724-2"'
    t.equal((await bucket.head('etag')).etag, etag)
    const last = String(stdout).trimEnd().split('\n').at(-1) ?? ''
    t.ok(last.startsWith(`{"status": "success", "etag": ${JSON.stringify(etag)}`), last)
  })

  await t.test('several parts there and back', async (t) => {
    const data = pattern(21 * MIB + 7)
    const put = await runBinary('pput', ['-q', 'big'], { env, stdin: data })
    t.equal(put.code, 0, put.stderr)
    const { code, stdout, stderr } = await runBinary('z3-get', ['-s', '5M', 'big'], { env })
    t.equal(code, 0, stderr)
    t.ok(stdout.equals(data))
  })

  if (transportOnly) return

  await t.test('keys, byte for byte', async (t) => {
    const keys = [
      'a%20b%2Fc% d+e',
      'z3-backup/tank/a@zfs-auto-snap:daily-2026-01-01-0600',
      'ünïcödé/日本語/😀',
      "q?a=b&c#d'e(f)*!~",
    ]
    const before = await bucket.keys()
    for (const key of keys) {
      const put = await runBinary('pput', ['-q', key], { env, stdin: key })
      t.equal(put.code, 0, `${key}: ${put.stderr}`)
      const get = await runBinary('z3-get', [key], { env })
      t.equal(String(get.stdout), key)
    }
    const listed = (await bucket.keys()).filter((key) => !before.includes(key))
    t.same(listed.sort(), keys.sort(), 'as the SDK lists them')
  })

  await t.test("z3's own flags leave z3's own object", async (t) => {
    const key = 'z3-backup/tank/a@zfs-auto-snap:daily-2026-01-02-0600'
    const flags =
      '--quiet --estimated 1048576 --meta size=1048576 --meta isfull=true --meta compressor=pigz1'
    const put = await runBinary('pput', [...flags.split(' '), key], {
      env,
      stdin: 'stream',
    })
    t.same([put.code, String(put.stdout), put.stderr], [0, '', ''])
    t.same((await bucket.head(key)).metadata, {
      size: '1048576',
      isfull: 'true',
      compressor: 'pigz1',
    })
    t.equal(String(await bucket.get(key)), 'stream')
  })

  await t.test('an object that z3 wrote reads back', async (t) => {
    const key = 'z3-backup/tank/b@zfs-auto-snap:daily-2026-01-01-0600'
    const text = pattern(MIB)
    const { stdout: body } = await runShell('gzip -1', { stdin: text })
    await bucket.put(key, body, {
      size: '1048576',
      'is-full': 'true',
      compressor: 'pigz1',
    })
    const { stdout } = await runShell(`z3-get '${key}' | gzip -d`, { env })
    t.ok(stdout.equals(text))
  })

  await t.test('nothing is overwritten by accident', async (t) => {
    await bucket.put('old', Buffer.from('old'))
    const refused = await runBinary('pput', ['-q', 'old'], {
      env,
      stdin: 'new',
    })
    t.equal(refused.code, 3)
    t.equal(String(await bucket.get('old')), 'old')
    const replaced = await runBinary('pput', ['-q', '--overwrite', 'old'], {
      env,
      stdin: 'new',
    })
    t.equal(replaced.code, 0, replaced.stderr)
    t.equal(String(await bucket.get('old')), 'new')
    t.same(await bucket.pending(), [])
  })

  await t.test('a failure leaves nothing', async (t) => {
    const before = await bucket.keys()
    for (const script of [
      'head -c 20000000 /dev/urandom; exit 3',
      'head -c 6000000 /dev/urandom; kill -9 $$',
    ]) {
      const { code } = await runBinary('pput', ['-q', 'gone', '--', 'sh', '-c', script], { env })
      t.equal(code, 1, script)
      t.equal((await runBinary('z3-get', ['-q', 'gone'], { env })).code, 4)
    }
    t.equal((await runBinary('pput', ['-q', 'gone'], { env })).code, 1, 'empty')
    t.same(await bucket.keys(), before)
    t.same(await bucket.pending(), [])
  })

  await t.test('a signal in the middle leaves nothing', async (t) => {
    const before = await bucket.keys()
    const run = startBinary('pput', ['--progress', '-s', '5M', 'gone'], {
      env,
      stdin: OPEN,
    })
    run.child.stdin?.write(pattern(6 * MIB))
    await until('a part is there', () => run.stderr().includes('chunk 1'))
    t.same(await bucket.pending(), ['gone'])
    run.child.kill('SIGTERM')
    t.equal((await run.ended).signal, 'SIGTERM')
    t.same(await bucket.keys(), before)
    t.same(await bucket.pending(), [])
  })
}

void t.test('fake', async (t) => {
  const bucket = await fakeBucket({ minPartSize: 5 * MIB })
  t.teardown(() => bucket.close())
  await isClean(t, bucket)
  await suite(t, bucket)
})

for (const server of testServers()) {
  void t.test(server.name, async (t) => {
    const bucket = await serverBucket(server)
    t.teardown(() => bucket.close())
    // the same server by another way
    await suite(t, bucket, server.name.endsWith('-tls'))
  })
}
if (testServers().length === 0) {
  void t.test('real', { skip: NO_SERVER }, () => undefined)
}
