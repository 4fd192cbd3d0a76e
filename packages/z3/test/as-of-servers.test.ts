import { setTimeout as sleep } from 'node:timers/promises'
import {
  NO_SERVER,
  NO_ZFS,
  serverBucket,
  testPool,
  testServers,
  type TestServer,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { z3On } from './setup.js'

const PREFIX = 'z3-backup/'

/** Backups on a real server that are overwritten and deleted, and restored as of before. */
const onServer = async (t: Test, server: TestServer): Promise<void> => {
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const pool = await testPool('asof')
  t.teardown(() => pool.close())
  const z3 = z3On({ env: { ...bucket.env, Z3_MANIFEST: 'yes' } }, t.testdir({}))
  const dataset = `${pool.name}/data`
  await pool.must('zfs create "$D"', { D: dataset })
  for (const day of ['day-1', 'day-2', 'day-3']) {
    await pool.must(
      '"$RUN" sh -c \'head -c 300000 /dev/urandom > "$1/$2"\' sh "/$D" "$DAY"; zfs snapshot "$D@$DAY"',
      { D: dataset, DAY: day },
    )
  }
  const off = await z3(['list', '--as-of', '0s'])
  t.equal(off.code, 2, off.stderr)
  t.match(off.stderr, 'versioning is off')
  await bucket.setVersioning('Enabled')
  const stored = await z3(['backup', '--manifest', 'yes', dataset])
  t.equal(stored.code, 0, stored.stderr)

  await sleep(1100)
  const then = new Date().toISOString()
  await sleep(1100)
  // an intruder: one object is overwritten, its metadata kept; the others and all manifests deleted
  const keys = await bucket.keys()
  t.equal(keys.length, 6)
  const first = `${PREFIX}${dataset}@day-1`
  for (const key of keys) {
    if (key !== first) await bucket.remove(key)
  }
  await bucket.damage(first, 100_000)
  const lost = await z3(['status', '--parseable', dataset])
  t.match(String(lost.stdout), /^day-3\t\t\S*\t\tfull\t|^day-3\t/m)
  t.equal((await z3(['restore', `${dataset}@day-3`, '--into', `${pool.name}/no`])).code, 4)

  const status = await z3(['status', '--check', '--parseable', '--as-of', then, dataset])
  t.equal(status.code, 0, status.stderr)
  t.equal(String(status.stdout).match(/\tok\t/g)?.length, 3, String(status.stdout))
  const verified = await z3(['verify', '--level', 'data', '--as-of', then, dataset])
  t.equal(verified.code, 0, verified.stderr)
  const back = `${pool.name}/back`
  const restored = await z3(['restore', '--as-of', then, `${dataset}@day-3`, '--into', back])
  t.equal(restored.code, 0, restored.stderr)
  t.equal(await pool.sum(back), await pool.sum(dataset))
  const guids = (name: string) =>
    pool.must('zfs list -Hp -t snapshot -d 1 -o guid -s createtxg "$D"', { D: name })
  t.equal(await guids(back), await guids(dataset))
  // nothing was written meanwhile
  t.same(await bucket.keys(), [first])

  await bucket.setVersioning('Suspended')
  await bucket.put(first, Buffer.from('written while versioning is suspended'))
  await sleep(1100)
  const between = new Date().toISOString()
  await sleep(1100)
  await bucket.put(first, Buffer.from('and written again'))
  const suspended = await z3(['list', '--as-of', between])
  t.match(suspended.stderr, 'versioning is suspended')
  t.match(suspended.stderr, `an object of '${PREFIX}' was written or deleted after ${between}`)
  const still = await z3(['list', '--as-of', then, '--parseable'])
  t.match(String(still.stdout), /^\S+\tday-3\t\d+\t3\t3\t0\t/)
}

// radosgw 20 where there is one; radosgw 16 behaves the same
const server = testServers()
  .filter(({ kind, name }) => kind !== 'swift' && !name.includes('tls'))
  .at(-1)
const skip = server ? NO_ZFS : NO_SERVER
void t.test('as of', { skip }, (t) => (server ? onServer(t, server) : undefined))
