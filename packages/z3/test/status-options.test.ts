import { chmodSync } from 'node:fs'
import { fakeBucket, testIo } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { main } from '../src/main.js'

const DAY = 86_400
const EXISTS = '#!/bin/sh\nexit 0\n'
const ABSENT = `#!/bin/sh
echo "cannot open 'tank/data': dataset does not exist" >&2
exit 1
`

/** z3 status of tank/data, of which zfs says this, in this process. */
const setup = async (t: Test, zfs = EXISTS) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const dir = t.testdir({ zfs })
  chmodSync(`${dir}/zfs`, 0o755)
  const env = {
    ...bucket.env,
    PATH: `${dir}:/usr/bin:/bin`,
    SNAPSHOT_PREFIX: '',
    MAX_RETRIES: '1',
  }
  const status = async (args: readonly string[], terminals: number[] = []) => {
    const io = testIo(env, terminals)
    const code = await main(['status', 'tank/data', ...args], io)
    return { code, out: io.out(), err: io.err() }
  }
  const put = (name: string, created: number) =>
    bucket.fake.put(`z3-backup/tank/data@${name}`, 'ten bytes.', {
      isfull: 'true',
      created: String(Math.floor(created)),
    })
  return { status, put, fake: bucket.fake }
}

const seconds = () => Date.now() / 1000

void t.test('totals are for people', async (t) => {
  const { status, put } = await setup(t)
  put('a', seconds() - 2 * DAY)
  const totals =
    /^1 stored, 10B; 0 not healthy; 0 not backed up\nnewest good backup: a, 2d( \d+s)? old\n/m

  const shown = await status([], [1])
  t.equal(shown.code, 0, shown.err)
  t.match(shown.out, totals)
  t.equal(shown.err, '')

  const read = await status([])
  const rows = read.out.split('\n').slice(1, -1)
  t.strictSame(
    rows.map((line) => line.split(' | ').length),
    [6, 6],
    'a script sees the table alone',
  )
  t.match(read.err, totals)

  const quiet = await status(['--quiet', '--check', '--max-age=3d'])
  t.strictSame([quiet.code, quiet.err], [0, ''])
  const late = await status(['-q', '--check', '--max-age=1d'])
  t.equal(late.code, 3)
  t.match(late.err, /^z3: the newest good backup, a, is 2d( \d+s)? old\n$/)
})

void t.test('the order of the rows', async (t) => {
  const { status, put } = await setup(t)
  put('b', 3000)
  put('a-2', 2000)
  put('C', 1000)
  put('a', 4000)
  const names = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[0])
  for (const [args, wanted] of [
    [[], ['C', 'a-2', 'b', 'a']],
    [
      ['--sort', 'time'],
      ['C', 'a-2', 'b', 'a'],
    ],
    [['--sort=name'], ['C', 'a', 'a-2', 'b']],
  ] as const) {
    t.strictSame(names((await status(['--parseable', ...args])).out), wanted)
  }
  const json = await status(['--json', '--sort', 'name'])
  t.match(JSON.parse(json.out), {
    snapshots: [{ name: 'C' }, { name: 'a' }, { name: 'a-2' }, { name: 'b' }],
    newest_good: { name: 'a' },
  })
  const other = await status(['--sort', 'size'])
  t.equal(other.code, 2)
  t.match(other.err, '--sort')
})

void t.test('a dataset that is nowhere', async (t) => {
  const { status, put, fake } = await setup(t, ABSENT)
  for (const args of [[], ['--check'], ['--parseable']]) {
    const { code, out, err } = await status(args)
    t.equal(code, 4)
    t.equal(out, '')
    t.match(err, /^z3: dataset 'tank\/data' exists neither on this host nor in the store/)
  }
  const json = await status(['--json'])
  t.equal(json.code, 4)
  t.match(JSON.parse(json.out), { status: 'error', code: 'no-such-dataset' })
  put('a', 1000)
  const stored = await status([])
  t.equal(stored.code, 0, stored.err)
  t.match(stored.err, 'z3: tank/data is not on this host\n')

  fake.objects.clear()
  fake.faults = ({ op }) =>
    op === 'ListObjectsV2' ? { status: 403, code: 'AccessDenied' } : undefined
  t.equal((await status([])).code, 1, 'unknown is not absent')
})

void t.test('a backup from the future has no age', async (t) => {
  const { status, put } = await setup(t)
  put('old', seconds() - 30 * DAY)
  put('future', seconds() + 30 * DAY)
  const checked = await status(['--check', '--max-age=26h'])
  t.equal(checked.code, 3)
  t.match(
    checked.err,
    /^z3: the age of the newest good backup, future, is not known: it was created in the future \(\d{4}-\S+Z\)$/m,
  )
  const json = await status(['--json', '--max-age=26h'])
  const { newest_good: newest } = JSON.parse(json.out) as {
    newest_good: Record<string, unknown>
  }
  t.strictSame([newest['name'], newest['age_seconds']], ['future', undefined])
  t.equal((await status(['--check'])).code, 0, 'its age was not asked for')
})

void t.test('clocks of two hosts differ a little', async (t) => {
  const { status, put } = await setup(t)
  put('a', seconds() + 60)
  const { code, err } = await status(['--max-age=1h'])
  t.equal(code, 0, err)
})
