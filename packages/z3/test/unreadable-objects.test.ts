import { writeFile } from 'node:fs/promises'
import {
  denyReading,
  fakeBucket,
  NO_SERVER,
  NO_ZFS,
  putSealed,
  serverBucket,
  testPool,
  testServers,
  type TestPool,
  type TestServer,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { z3On } from './setup.js'

const KEY = 'z3-backup/tank/data'
/** No snapshot, and room for tank/new. */
const NO_SNAPSHOTS = `#!/bin/sh
case "$*" in
*tank/new*) echo "cannot open 'tank/new': dataset does not exist" >&2; exit 1 ;;
get*) printf 'available\\t1000000000\\n' ;;
esac
`

void t.test('an object that may not be read', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const bin = t.testdir({ home: {} })
  await writeFile(`${bin}/zfs`, NO_SNAPSHOTS, { mode: 0o755 })
  const z3 = z3On(bucket, `${bin}/home`)
  const run = (...args: readonly string[]) => z3(args, { PATH: `${bin}:/usr/bin:/bin` })
  for (const [name, metadata] of Object.entries({
    a: { isfull: 'true' },
    b: { parent: 'tank/data@a' },
    c: { isfull: 'true' },
  })) {
    fake.put(`${KEY}@${name}`, 'ten bytes.', { ...metadata, created: '1700000000' })
  }
  fake.faults = ({ op, key }) =>
    op !== 'ListObjectsV2' && key.endsWith('@a') ? { status: 403, code: 'AccessDenied' } : undefined

  await t.test('is one row', async (t) => {
    const { code, stdout, stderr } = await run('status', 'tank/data')
    t.equal(code, 0, stderr)
    t.match(String(stdout), /^a .*\| unknown .*\| unreadable /m)
    t.match(String(stdout), /^b .*\| parent broken /m)
    t.match(String(stdout), /^c .*\| ok /m)
    t.match(stderr, "tank/data@a: unreadable: cannot check 'z3-backup/tank/data@a': access denied")
  })
  await t.test('is not healthy for a monitor', async (t) => {
    const { code, stderr } = await run('status', 'tank/data', '--check')
    t.equal(code, 3)
    t.match(stderr, '2 stored snapshots are not healthy')
  })
  await t.test('is named and passed over by restore --latest', async (t) => {
    const { code, stdout, stderr } = await run(
      ...['restore', '--latest', 'tank/data', '--into', 'tank/new', '--dry-run'],
    )
    t.equal(code, 0, stderr)
    t.match(String(stdout), 'z3-backup/tank/data@c')
    t.match(stderr, "'tank/data@a' may be newer; skipping it: cannot check")
  })
  await t.test('stops a restore that needs it', async (t) => {
    const { code, stderr } = await run(
      ...['restore', 'tank/data@b', '--into', 'tank/new', '--dry-run'],
    )
    t.equal(code, 3)
    t.match(stderr, "broken snapshot 'tank/data@a' in the store, reason: 'unreadable'")
  })
})

// Swift's s3api has neither policies of buckets nor SSE-C
const servers = testServers().filter(({ kind }) => kind !== 'swift')
const skip = NO_ZFS || (servers.length === 0 && NO_SERVER)

void t.test('real servers', { skip }, async (t) => {
  const pool = await testPool('z3u')
  t.teardown(() => pool.close())
  for (const server of servers) {
    await t.test(server.name, (t) => refused(t, server, pool))
  }
})

/** A chain of three whose second object is refused, by a policy and for want of a key. */
const refused = async (t: Test, server: TestServer, pool: TestPool): Promise<void> => {
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const z3 = z3On(bucket, t.testdir({}))
  const dataset = `${pool.name}/data`
  const into = `${pool.name}/back`
  const env = { DATASET: dataset, INTO: into }
  t.teardown(() => pool.must('zfs destroy -r "$DATASET"', env))
  await pool.must('zfs create "$DATASET"', env)
  for (const snapshot of ['a', 'b', 'c']) {
    await pool.must(`zfs snapshot "$DATASET@${snapshot}"`, env)
    const { code, stderr } = await z3(['backup', dataset])
    t.equal(code, 0, stderr)
  }
  const second = `z3-backup/${dataset}@b`

  const health = async (title: string) => {
    const { code, stdout, stderr } = await z3(['status', dataset, '--check'])
    t.equal(code, 3, `${title}: ${stderr}`)
    t.match(String(stdout), /^a .*\| ok /m)
    t.match(String(stdout), /^b .*\| unreadable /m)
    t.match(String(stdout), /^c .*\| parent broken /m)
    return stderr
  }

  await t.test('by a policy of the bucket', async (t) => {
    await denyReading(bucket, '*@b')
    t.match(await health('policy'), `${dataset}@b: unreadable: cannot check '${second}': `)

    const backup = async (...options: readonly string[]) => {
      await pool.must('zfs snapshot "$DATASET@d"', env)
      const run = await z3(['backup', dataset, ...options])
      await pool.must('zfs destroy "$DATASET@d"', env)
      return run
    }
    const next = await backup()
    t.equal(next.code, 3, next.stderr)
    t.match(next.stderr, `broken snapshot '${dataset}@b' in the store, reason: 'unreadable'`)

    // the local snapshot of that name is no proof of what the object holds
    const one = await z3(['restore', `${dataset}@b`, '--into', into])
    t.equal(one.code, 3, one.stderr)
    t.match(one.stderr, `broken snapshot '${dataset}@b' in the store, reason: 'unreadable'`)
    const latest = await z3(['restore', '--latest', dataset, '--into', into])
    t.equal(latest.code, 0, latest.stderr)
    t.equal(String(latest.stdout), `restored ${into}@a\n`)
    t.match(latest.stderr, `'${dataset}@b' may be newer; skipping it: `)
    await pool.must('zfs destroy -r "$INTO"', env)
  })

  await t.test('all of them', async (t) => {
    await denyReading(bucket, '*')
    const { code, stderr } = await z3(['status', dataset], { HOME: t.testdir({}) })
    t.equal(code, 1, stderr)
    t.match(stderr, /access denied|AccessDenied/)
  })

  // radosgw takes keys of customers over TLS only
  if (!server.endpoint.startsWith('https:')) return
  await t.test('for want of the key that it is encrypted with', async (t) => {
    await denyReading(bucket, undefined)
    await putSealed(bucket, second)
    t.match(await health('SSE-C'), `${dataset}@b: unreadable: cannot check '${second}': `)
  })
}
