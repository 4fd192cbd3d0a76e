import { fakeBucket } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { z3On } from './setup.js'

const KEY = 'z3-backup/'

const open = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const z3 = z3On(bucket, t.testdir({}))
  const put = (name: string, metadata: Readonly<Record<string, string>>, size = 10) =>
    bucket.fake.put(`${KEY}${name}`, 'x'.repeat(size), metadata)
  return { bucket, z3, put }
}

/** Epoch seconds. */
const ago = (seconds: number) => String(Math.floor(Date.now() / 1000) - seconds)

void t.test('datasets of all hosts, and the newest good snapshot of each', async (t) => {
  const { bucket, z3, put } = await open(t)
  put('tank/data@day-1', { isfull: 'true', guid: '1', created: ago(7200) })
  put('tank/data@day-2', { parent: 'tank/data@day-1', guid: '2', created: ago(3600) }, 2038)
  put('tank/data@day-3', { parent: 'tank/data@gone', guid: '3', created: ago(60) })
  put('tank/data@day-1.full', {
    isfull: 'true',
    guid: '1',
    snapshot: 'day-1',
    created: ago(7200),
  })
  put('rpool/with a blank@x', { parent: 'rpool/with a blank@gone' })
  put('.z3/tank/data@day-1.json', {})
  put('no snapshot', {})

  const shown = await z3(['list'])
  t.equal(shown.code, 0, shown.stderr)
  t.match(
    String(shown.stdout),
    /^DATASET +\| NEWEST GOOD \| AGE +\| CHAIN \| SNAPSHOTS \| NOT HEALTHY \| SIZE +\| CLASS/,
  )
  t.match(
    String(shown.stdout),
    /^tank\/data +\| day-2 +\| 1h\S* *\S* *\| 2 +\| 3 +\| 1 +\| 2\.02K +\| STANDARD *$/m,
  )
  t.match(String(shown.stdout), /^rpool\/with a blank \| none +\| \? +\| - +\| 1 +\| 1 +\|/m)
  t.equal(shown.stderr, '2 datasets, 4 snapshots, 2.03K; 2 objects not healthy\n')

  const json = JSON.parse(String((await z3(['list', '--json', 'tank/data'])).stdout)) as {
    datasets: object[]
  }
  t.match(json, { s3_prefix: KEY, datasets: [{ dataset: 'tank/data', snapshots: 3 }] })
  t.match(json.datasets[0], {
    not_healthy: 1,
    bytes: 2068,
    newest_good: {
      name: 'day-2',
      guid: '2',
      chain: [`${KEY}tank/data@day-1`, `${KEY}tank/data@day-2`],
      chain_bytes: 2048,
    },
  })

  const lines = String((await z3(['list', '--parseable'])).stdout).split('\n')
  t.equal(lines[0], 'rpool/with a blank\t-\t-\t-\t1\t1\t10\tSTANDARD')
  t.match(lines[1], /^tank\/data\tday-2\t\d{10}\t2\t3\t1\t2068\tSTANDARD$/)

  // the metadata are in the cache now: a listing of the prefix, and one for each dataset
  bucket.fake.requests.length = 0
  await z3(['list', '--quiet'])
  t.notOk(bucket.fake.requests.some(({ method }) => method === 'HEAD'))
})

void t.test('what is not there, or refused', async (t) => {
  const { z3, put } = await open(t)
  const empty = await z3(['list'])
  t.equal(empty.code, 4)
  t.match(empty.stderr, 'there are no backups in')
  put('tank/data@day-1', { isfull: 'true', created: ago(-86400) })
  const future = await z3(['list'])
  t.equal(future.stderr, '1 dataset, 1 snapshot, 10B; 0 objects not healthy\n')
  t.equal((await z3(['list', '--snapshot-prefix', 'x'])).code, 2, 'it would have no effect')
  t.match(String(future.stdout), /^tank\/data \| day-1 /m)
  const unknown = await z3(['list', 'tank/data', 'tank/dta'])
  t.equal(unknown.code, 4)
  t.match(unknown.stderr, 'nothing of tank/dta is in')
  t.equal(String(unknown.stdout), '')
  t.equal((await z3(['list', '--json', '--parseable'])).code, 2)
})
