import {
  denyReading,
  NO_SERVER,
  serverBucket,
  testIo,
  testServers,
  type TestServer,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { main } from '../src/main.js'
import { openS3, PREFIX, treeOf, upload } from './prune-scene.js'

const DATASET = 'tank/a'
const MINUTE = 60_000

const onServer = async (t: Test, server: TestServer): Promise<void> => {
  const bucket = await serverBucket(server, { objectLock: true, defaultLock: false })
  t.teardown(() => bucket.close())
  const home = t.testdir({})
  const z3 = async (...args: readonly string[]) => {
    const env = { ...bucket.env, HOME: home, SNAPSHOT_PREFIX: '', MAX_RETRIES: '1' }
    const io = testIo({ ...env, AWS_EC2_METADATA_DISABLED: 'true' })
    const code = await main(args, io)
    return { code, stdout: io.out(), stderr: io.err() }
  }
  /** What follows the `@`, of all versions that are objects. */
  const versions = async () => {
    const objects = `${PREFIX}${DATASET}@`
    const keys = (await bucket.versions()).filter((key) => key.startsWith(objects))
    return keys.map((key) => key.slice(objects.length)).sort()
  }
  // s0 full and old, s1 on it; s10 to s12 stay
  const tree = treeOf(DATASET, 12, Date.now() / 1000)
  const store = await openS3(bucket.bucket, server, {
    retention: { mode: 'governance', seconds: 600 },
    legalHold: false,
  })
  const holding = await openS3(bucket.bucket, server, { legalHold: true })
  const plain = await openS3(bucket.bucket, server)
  const stores = [store, holding, plain]
  t.teardown(() => {
    for (const each of stores) each.close()
  })
  const before = Date.now()
  await Promise.all(
    tree.map((object, i) => upload(i < 2 ? store : i === 2 ? holding : plain, object)),
  )
  const { lockedUntil } = await plain.head(`${PREFIX}${DATASET}@s0`)
  const until = lockedUntil?.getTime() ?? 0
  t.ok(until > before + 9 * MINUTE && until < Date.now() + 11 * MINUTE, String(lockedUntil))
  t.equal((await plain.head(`${PREFIX}${DATASET}@s2`)).legalHold, true)
  t.equal((await plain.head(`${PREFIX}.z3/${DATASET}@s0.json`)).lockedUntil, undefined)

  await t.test('status shows the locks', async (t) => {
    const { stdout } = await z3('status', '--check', DATASET)
    t.match(stdout, /SIZE +\| LOCKED UNTIL/)
    t.match(stdout, new RegExp(`^s0 .*${new Date(until).toISOString().slice(0, 19)}`, 'm'))
    const json = JSON.parse((await z3('status', '--check', '--json', DATASET)).stdout) as {
      snapshots: readonly { locked_until?: number; legal_hold?: boolean }[]
    }
    t.equal(json.snapshots[0]?.locked_until, Math.floor(until / 1000))
    t.equal(json.snapshots[2]?.legal_hold, true)
    t.notOk('locked_until' in (json.snapshots[5] ?? {}))
    const quick = await z3('status', DATASET)
    t.notMatch(quick.stdout, /LOCKED/, 'without --check, locks are not known')
  })

  const args = ['prune', '--retention', '1', '--max-percent', '100', DATASET]
  await t.test('prune keeps what is locked, and says until when', async (t) => {
    const dry = await z3(...args, '-n')
    t.match(dry.stdout, /^tank\/a@s1 +\| keep +\| locked until 20/m)
    t.match(dry.stdout, /^tank\/a@s2 +\| keep +\| a legal hold/m)
    t.match(dry.stdout, /^tank\/a@s3 +\| delete/m)
    t.equal((await versions()).length, 12)
    const { code, stdout, stderr } = await z3(...args)
    t.equal(code, 0, stderr)
    t.match(stdout, /^tank\/a@s1 is kept: it is locked until 20/m)
    t.match(stdout, /^tank\/a@s0 is kept: an object that builds on it was not deleted$/m)
    t.match(stdout, /^hidden tank\/a@s3/m)
    t.match(stderr, /7 of 12 objects deleted, .*; 2 locked; 7 of them hidden by a delete marker/)
    t.equal((await versions()).length, 12, 'a delete marker frees nothing')
  })

  await t.test('the server refuses, and prune says so', async (t) => {
    // as for credentials that must not read locks: HEAD does not report them
    await denyReading(bucket, '*', 's3:GetObjectRetention')
    const { code, stdout, stderr } = await z3(...args, '--delete-versions')
    await denyReading(bucket, undefined)
    t.equal(code, 0, stderr)
    t.match(
      stdout,
      /^tank\/a@s1 is kept: cannot delete '.*@s1': locked: the server responded 403 AccessDenied: forbidden by object lock .*; locked until an unknown date$/m,
    )
    t.ok((await versions()).includes('s1'))
  })

  await t.test('--delete-versions', async (t) => {
    await upload(plain, { name: `${DATASET}@s3`, metadata: tree[3]?.metadata ?? {} })
    const count = async () => (await versions()).filter((name) => name === 's3').length
    t.equal(await count(), 2)
    const { code, stdout, stderr } = await z3(...args, '--delete-versions')
    t.equal(code, 0, stderr)
    t.match(stdout, /^deleted tank\/a@s3/m)
    t.equal(await count(), 1, 'the version is gone, and an earlier one stays')
    t.notOk((await bucket.keys()).includes(`${PREFIX}${DATASET}@s3`), 'and stays hidden')
  })

  await t.test('a bucket without Object Lock', async (t) => {
    const other = await serverBucket(server)
    t.teardown(() => other.close())
    const locking = await openS3(other.bucket, server, { legalHold: true })
    stores.push(locking)
    await t.rejects(locking.createUpload('k', { metadata: {}, overwrite: false }), {
      code: 'not-implemented',
      message: /^the bucket has no Object Lock/,
    })
    t.strictSame(await other.pending(), [])
  })
}

const servers = testServers().filter(({ name }) => ['rgw', 'rgw20'].includes(name))
if (servers.length === 0) void t.test('Object Lock', { skip: NO_SERVER }, () => undefined)
for (const server of servers) {
  void t.test(server.name, (t) => onServer(t, server))
}
