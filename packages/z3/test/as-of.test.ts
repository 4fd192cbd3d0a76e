import { fakeBucket, testIo, type FakeS3 } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { main } from '../src/main.js'

const KEY = 'z3-backup/'

/** A bucket with versions, and z3 in this process. */
const open = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  fake.versions.status = 'Enabled'
  const env = { ...bucket.env, HOME: t.testdir({}), PATH: '/nonexistent', SNAPSHOT_PREFIX: '' }
  const z3 = async (...args: readonly string[]) => {
    const io = testIo(env)
    const code = await main(args, io)
    return { code, stdout: io.out(), stderr: io.err() }
  }
  return { fake, z3 }
}

/** A PUT of a backup, on a day of January, at midnight UTC. */
const put = (fake: FakeS3, day: number, name: string, metadata: Record<string, string>) => {
  const object = fake.put(`${KEY}${name}`, 'x'.repeat(day * 100), metadata)
  fake.versions.add(`${KEY}${name}`, `2026-01-0${String(day)}T00:00:00Z`, object)
}

const remove = (fake: FakeS3, day: number, name: string) => {
  fake.objects.delete(`${KEY}${name}`)
  fake.versions.add(`${KEY}${name}`, `2026-01-0${String(day)}T00:00:00Z`)
}

const FULL = { isfull: 'true', guid: '1', created: '1767000000' }
const INCREMENT = { parent: 'tank/data@a', guid: '2', created: '1767003600' }

void t.test('list, status and verify show what stood then', async (t) => {
  const { fake, z3 } = await open(t)
  put(fake, 1, 'tank/data@a', FULL)
  put(fake, 2, 'tank/data@b', INCREMENT)
  put(fake, 2, 'tank/gone@a', FULL)
  put(fake, 4, 'tank/data@a', { isfull: 'true', guid: '666' })
  remove(fake, 4, 'tank/data@b')
  remove(fake, 4, 'tank/gone@a')

  const now = await z3('list', '--parseable')
  t.match(now.stdout, /^tank\/data\ta\t\S+\t1\t1\t0\t400\t/)
  const then = await z3('list', '--parseable', '--as-of', '2026-01-03T00:00:00Z')
  t.equal(then.code, 0, then.stderr)
  t.equal(
    then.stdout,
    'tank/data\tb\t1767003600\t2\t2\t0\t300\tSTANDARD\n' +
      'tank/gone\ta\t1767000000\t1\t1\t0\t200\tSTANDARD\n',
  )
  t.match(then.stderr, /^z3: showing bucket 'bucket' at \S+ as of 2026-01-03T00:00:00.000Z\n/)

  const status = await z3('status', '--json', '--check', '--as-of=2026-01-03T00:00Z', 'tank/data')
  t.equal(status.code, 0, status.stderr)
  t.match(JSON.parse(status.stdout), {
    as_of: '2026-01-03T00:00:00.000Z',
    totals: { stored: 2, bytes: 300, not_healthy: 0 },
    newest_good: { name: 'b' },
  })

  const verified = await z3('verify', '--all', '--level=head', '--as-of=2026-01-03T00:00Z')
  t.equal(verified.code, 0, verified.stderr)
  t.match(verified.stdout, /tank\/gone/)
  t.ok(fake.requests.every(({ method }) => ['GET', 'HEAD'].includes(method)))
})

void t.test('the metadata of versions are cached apart from each other', async (t) => {
  const { fake, z3 } = await open(t)
  put(fake, 1, 'tank/data@a', FULL)
  put(fake, 2, 'tank/data@a', { ...FULL, created: '1767009999' })
  const created = async (...args: readonly string[]) => {
    fake.requests.length = 0
    const { stdout } = await z3('list', '--parseable', ...args)
    return [stdout.split('\t')[2], fake.requests.filter(({ op }) => op === 'HeadObject').length]
  }
  const [first, second] = ['--as-of=2026-01-01T12:00Z', '--as-of=2026-01-03T12:00Z']
  for (const heads of [1, 0]) t.same(await created(), ['1767009999', heads])
  for (const heads of [1, 0]) t.same(await created(first), ['1767000000', heads])
  for (const heads of [1, 0]) t.same(await created(second), ['1767009999', heads])
  // the past has not displaced the present
  t.same(await created(), ['1767009999', 0])
})

void t.test('times and buckets without an answer', async (t) => {
  const { fake, z3 } = await open(t)
  put(fake, 2, 'tank/data@a', FULL)
  const before = await z3('list', '--as-of', '2026-01-01')
  t.equal(before.code, 4)
  t.match(before.stderr, "the oldest version of 'z3-backup/' is of 2026-01-02T00:00:00.000Z")
  t.match(before.stderr, /there are no backups in .* as of 2026-01-0/)

  for (const time of ['tomorrow', '2999-01-01', '2026-02-30', '5m']) {
    const wrong = await z3('status', 'tank/data', '--as-of', time)
    t.equal(wrong.code, 2, time)
    t.match(wrong.stderr, /--as-of: /)
  }
  fake.versions.status = undefined
  const off = await z3('list', '--as-of', '1d')
  t.equal(off.code, 2)
  t.match(off.stderr, /versioning is off/)
  const directory = await z3('list', '--as-of', '1d', '--bucket', `file://${t.testdir({})}`)
  t.equal(directory.code, 2)
  t.match(directory.stderr, /has no versions/)
})

void t.test('what writes has no --as-of', async (t) => {
  const { fake, z3 } = await open(t)
  for (const command of ['backup', 'prune', 'cleanup', 'recovery-sheet']) {
    const refused = await z3(command, '--as-of', '1d')
    t.equal(refused.code, 2, command)
    t.match(refused.stderr, /--as-of/)
  }
  t.equal(fake.requests.length, 0)
})
