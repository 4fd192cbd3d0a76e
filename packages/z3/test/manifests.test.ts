import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseManifest } from '@z3/core'
import {
  fakeBucket,
  NO_ZFS,
  runBinary,
  serverBucket,
  testPool,
  testServers,
  type TestBucket,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { z3On } from './setup.js'

/** A bucket of a server, for the time of a test. */
type OpenBucket = () => Promise<TestBucket>

const SERVERS: readonly (readonly [name: string, open: OpenBucket])[] = [
  ['a server without checksums', () => fakeBucket()],
  ...testServers()
    .filter(({ name }) => name === 'rgw20')
    .map((server): [string, OpenBucket] => [server.name, () => serverBucket(server)]),
]

const makePool = async (t: Test) => {
  const pool = await testPool('z3m')
  t.teardown(() => pool.close())
  const dataset = `${pool.name}/data`
  await pool.must(`zfs create "$POOL/data"`)
  const take = (name: string) =>
    pool.must(
      `"$RUN" sh -c 'head -c 9000000 /dev/urandom > "$1"' sh "/$POOL/data/${name}"; zfs snapshot "$POOL/data@${name}"`,
    )
  return { pool, dataset, take }
}

void t.test('backup, manifest, verify, restore', { skip: NO_ZFS }, async (t) => {
  const { pool, dataset, take } = await makePool(t)
  await take('a')
  await take('b')
  const home = t.testdir({})
  for (const [name, open] of SERVERS) {
    await t.test(name, async (t) => {
      const bucket = await open()
      t.teardown(() => bucket.close())
      const key = (snapshot: string): string => `z3-backup/${dataset}@${snapshot}`
      const manifest = (snapshot: string): string => `z3-backup/.z3/${dataset}@${snapshot}.json`
      const z3 = z3On(bucket, home)
      const run = (...args: readonly string[]) => z3(args, { Z3_MANIFEST: 'yes' })
      const stored = await run('backup', dataset)
      t.equal(stored.code, 0, stored.stderr)
      t.notMatch(stored.stderr, 'manifest')
      t.strictSame(await bucket.keys(), [manifest('a'), manifest('b'), key('a'), key('b')])

      await t.test('what the manifest says', async (t) => {
        const body = await bucket.get(key('b'))
        const text = String(await bucket.get(manifest('b')))
        const parsed = parseManifest(text, key('b'))
        const guid = (await pool.must('zfs get -Hp -o value guid "$POOL/data@b"')).trim()
        const parent = (await pool.must('zfs get -Hp -o value guid "$POOL/data@a"')).trim()
        t.match(parsed, {
          manifest: {
            bytes: body.length,
            etag: (await bucket.head(key('b'))).etag,
            sha256: createHash('sha256').update(body).digest('hex'),
            stream: { toguid: guid, fromguid: parent },
          },
        })
        t.match(JSON.parse(text), {
          version: 1,
          compressor: 'pigz1',
          z3: /^\d/,
          host: /./,
          stream: { toname: `${dataset}@b`, objects: Number },
        })
      })

      await t.test('all is well', async (t) => {
        for (const level of ['head', 'data', 'stream']) {
          const { code, stderr } = await run('verify', '--level', level, dataset)
          t.equal(code, 0, stderr)
        }
        const { code, stderr } = await run('restore', `${dataset}@b`, '--into', `${pool.name}/r`)
        t.equal(code, 0, stderr)
        t.equal(await pool.sum(`${pool.name}/r`), await pool.sum(dataset))
        await pool.must('zfs destroy -r "$POOL/r"')
      })

      await t.test('a byte that was changed behind our back', async (t) => {
        const good = await bucket.get(key('b'))
        await bucket.damage(key('b'), 4_000_000)
        for (const [level, reason] of [
          ['head', /its manifest: it was written anew, or copied/],
          ['data', /differs from what was stored: the CRC-32 in the manifest/],
          ['stream', /differs from what was stored|crc32|corrupt|checksum mismatch/],
        ] as const) {
          const { code, stderr } = await run('verify', '--level', level, dataset)
          t.equal(code, 3, level)
          t.match(stderr, new RegExp(`^z3: ${dataset}@b: damaged: .*`, 'm'))
          t.match(stderr, reason)
          t.match(stderr, `${dataset}: can no longer be restored: b\n`)
          t.match(stderr, `${dataset}: can still be restored: a\n`)
        }
        const env = { ...bucket.env, HOME: home }
        const got = await runBinary('z3-get', ['-q', key('b')], { env })
        t.equal(got.code, 3)
        t.ok(got.stdout.byteLength < good.byteLength, 'its end is not passed on')
        const { code } = await run('restore', `${dataset}@b`, '--into', `${pool.name}/r`)
        t.not(code, 0)
        const there = await pool.shell('zfs list -H -o name -t snapshot -r "$POOL/r"')
        t.equal(String(there.stdout).trim(), `${pool.name}/r@a`, 'nothing of it is received')
        await pool.must('zfs destroy -r "$POOL/r"')
      })

      await t.test('the object that replaces it has a manifest of its own', async (t) => {
        const record = `z3-backup/.z3/${dataset}@a.verified-data`
        t.ok((await bucket.keys()).includes(record))
        const again = await run('backup', '--full', '--overwrite', '--snapshot', 'a', dataset)
        t.equal(again.code, 0, again.stderr)
        t.notOk((await bucket.keys()).includes(record), 'and no record')
        const { code, stderr } = await run('verify', '--level', 'data', `${dataset}@a`)
        t.equal(code, 0, stderr)
      })

      await t.test('an index, for hosts without a cache', async (t) => {
        for (let n = 0; n < 40; n++) {
          await bucket.put(key(`old-${String(n)}`), Buffer.from('x'), { isfull: 'true' })
        }
        const index = `z3-backup/.z3/${dataset}@.index`
        await pool.must('zfs snapshot "$POOL/data@c"')
        const without = await z3(['backup', dataset], { Z3_MANIFEST: 'no' })
        t.equal(without.code, 0, without.stderr)
        t.notOk((await bucket.keys()).includes(index))
        await pool.must('zfs snapshot "$POOL/data@d"')
        const { code, stderr } = await run('backup', dataset)
        t.equal(code, 0, stderr)
        t.ok((await bucket.keys()).includes(index))
        const status = async (home: string): Promise<string> => {
          const { code, stdout, stderr } = await z3On(bucket, home)(['status', '--json', dataset])
          t.equal(code, 0, stderr)
          return String(stdout)
        }
        const elsewhere = await status(t.testdir({}))
        t.equal(elsewhere, await status(home))
        t.match(JSON.parse(elsewhere), { totals: { stored: 44 } })
        await pool.must('zfs destroy "$POOL/data@c,d"')
      })
    })
  }
})

void t.test('without a checksum and a manifest, restore says so', { skip: NO_ZFS }, async (t) => {
  const { pool, dataset } = await makePool(t)
  await pool.must('zfs snapshot "$POOL/data@a"')
  const bucket = await fakeBucket({ foreignEtags: true })
  t.teardown(() => bucket.close())
  const z3 = z3On(bucket, t.testdir({}))
  t.equal((await z3(['backup', dataset], { Z3_MANIFEST: 'yes' })).code, 0)
  const restore = async (manifest: string, ...args: readonly string[]): Promise<string> => {
    const words = ['restore', `${dataset}@a`, '--into', `${pool.name}/r`, ...args]
    const { code, stderr } = await z3(words, { Z3_MANIFEST: manifest })
    t.equal(code, 0, stderr)
    await pool.must('zfs destroy -r "$POOL/r"')
    return stderr
  }
  const warning = `z3-get: cannot verify the data of 'z3-backup/${dataset}@a': `
  t.match(await restore('no'), warning)
  t.equal(await restore('no', '--quiet'), '')
  t.equal(await restore('yes'), '')
})

void t.test('a manifest that cannot be used is passed over', { skip: NO_ZFS }, async (t) => {
  const { dataset, take } = await makePool(t)
  await take('a')
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const z3 = z3On(bucket, t.testdir({}))
  const run = (...args: readonly string[]) => z3(args, { Z3_MANIFEST: 'yes' })
  t.equal((await run('backup', dataset)).code, 0)
  const key = `z3-backup/.z3/${dataset}@a.json`
  const text = String(await bucket.get(key))
  for (const [name, changed, why] of [
    ['cut', text.slice(0, 300), 'is truncated or damaged'],
    ['empty', '', 'is truncated or damaged'],
    ['newer', text.replace('"version":1', '"version":2'), 'has version 2'],
    ['of another object', text.replace('@a"', '@b"'), 'belongs to another object'],
    [
      'of a replaced one',
      text.replace(/"nonce":"\w/, '"nonce":"-').replace(/"etag":"../, '"etag":"x'),
      'belongs to a replaced object',
    ],
    ['nonsense', text.replace(/"bytes":\d+/, '"bytes":-1'), 'is damaged: bytes'],
  ] as const) {
    await bucket.put(key, Buffer.from(changed))
    for (const level of ['head', 'data', 'stream']) {
      const { code, stderr } = await run('verify', '--level', level, dataset)
      t.equal(code, 0, `${name}, ${level}: ${stderr}`)
      t.match(stderr, why, name)
    }
  }
  await t.test('one that lies is told, and can be ignored', async (t) => {
    await bucket.put(key, Buffer.from(text.replace(/"sha256":"\w{8}/, '"sha256":"00000000')))
    const lies = await run('verify', '--level', 'data', dataset)
    t.equal(lies.code, 3)
    t.match(lies.stderr, /a SHA-256 that differs from the manifest/)
    const { code, stderr } = await run('verify', '--manifest', 'no', dataset)
    t.equal(code, 0, stderr)
  })
  await t.test('one that cannot be written is no failed backup', async (t) => {
    await take('b')
    bucket.fake.faults = ({ op, key: at }) =>
      op === 'PutObject' && at.includes('/.z3/') ? { status: 403, code: 'AccessDenied' } : undefined
    const { code, stderr } = await run('backup', dataset)
    t.equal(code, 0)
    t.match(stderr, /^z3: cannot write the manifest of .*@b: .*access denied/m)
    bucket.fake.faults = undefined
    t.equal((await run('verify', dataset)).code, 0)
  })
  await t.test('no room for the summary of the stream is no failed backup', async (t) => {
    await take('c')
    const TMPDIR = `${t.testdir({})}/missing`
    // Node reads TMPDIR from the environment of its own process
    const installed = z3On(bucket, t.testdirName, { installed: true })
    const { code, stderr } = await installed(['backup', dataset], { Z3_MANIFEST: 'yes', TMPDIR })
    t.equal(code, 0, stderr)
    t.match(stderr, /^z3: manifests will lack the summary of the stream: ENOENT/m)
    const written = String(await bucket.get(`z3-backup/.z3/${dataset}@c.json`))
    const { manifest } = parseManifest(written, `z3-backup/${dataset}@c`) as {
      manifest?: { stream?: unknown; sha256: string }
    }
    t.match(manifest?.sha256, /^[0-9a-f]{64}$/)
    t.equal(manifest?.stream, undefined)
    await bucket.put(key, Buffer.from(text))
    t.equal((await run('verify', '--level', 'data', dataset)).code, 0)
  })
})

void t.test('a stream that is not whole is not stored', { skip: NO_ZFS }, async (t) => {
  const { dataset, take } = await makePool(t)
  await take('a')
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const home = t.testdir({ bin: {} })
  symlinkSync(
    fileURLToPath(new URL('../../../fixtures/commands/faulty', import.meta.url)),
    `${home}/bin/zfs`,
  )
  mkdirSync(`${home}/tmp`)
  const path = process.env['PATH'] ?? ''
  // zfs send says that all went well, and wrote half of it
  const broken = {
    PATH: `${home}/bin:${path}`,
    GOOD_PATH: path,
    FAULTY: 'send [!-]*',
    FAULT_BYTES: '4000000',
    FAULT_END: '0',
    FAULT_SAYS: '',
    TMPDIR: `${home}/tmp`,
  }
  const z3 = z3On(bucket, home)
  for (const manifest of ['yes', 'no']) {
    const { code, stderr } = await z3(['backup', dataset], { ...broken, Z3_MANIFEST: manifest })
    t.equal(code, 3, stderr)
    t.match(stderr, /^z3: 'zstream-verify' exited 3: zstream-verify: byte \d+, .*ends/m)
    t.strictSame(await bucket.keys(), [])
    t.strictSame(await bucket.pending(), [])
  }
  const off = await z3(['backup', dataset], { ...broken, VERIFY_STREAM: 'no' })
  t.equal(off.code, 0, 'as it was asked for')
  const { code } = await z3(['verify', dataset])
  t.equal(code, 3, 'which is seen later')
})
