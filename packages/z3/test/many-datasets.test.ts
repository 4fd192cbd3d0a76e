/** z3 backup of several datasets: one summary, one exit status, one budget; and its bookmarks. */
import { NO_ZFS } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { openWorkshop, type Workshop } from './workshop.js'

void t.test('many datasets', { skip: NO_ZFS }, async (t) => {
  const shop = await openWorkshop(t, 'many')
  await t.test('operands, --recursive, --select; one that fails', (t) => many(t, shop))
  await t.test('the snapshot is gone, its bookmark is not', (t) => marks(t, shop))
  await t.test('a hold in place of a bookmark', (t) => holds(t, shop))
})

const keysOf = async ({ bucket, pool }: Workshop): Promise<readonly string[]> =>
  (await bucket.keys()).map((key) => key.replace(`z3-backup/${pool.name}/`, ''))

const many = async (t: Test, shop: Workshop): Promise<void> => {
  const { pool, z3, create, take, bucket } = shop
  const [top, one, two] = ['top', 'top/one', 'top/two'].map((name) => `${pool.name}/${name}`)
  for (const dataset of [top, one, two]) await create(String(dataset))
  await take(String(one), 'a')
  await take(String(two), 'a', 'b')

  // the top has no snapshot: it fails, and the others are stored
  const run = await z3(['backup', '--recursive', String(top), '--json'], { Z3_PARALLEL: '2' })
  t.equal(run.code, 4, run.stderr)
  t.match(run.stderr, new RegExp(`^z3: ${String(top)}: Nothing to backup for filesystem`, 'm'))

  t.strictSame(await keysOf(shop), ['top/one@a', 'top/two@a', 'top/two@b'])
  t.match(JSON.parse(String(run.stdout)), {
    status: 'error',
    datasets: [
      { dataset: top, status: 'error', code: 'no-such-snapshot', snapshots: [] },
      { dataset: one, status: 'success', snapshots: [{ name: `${String(one)}@a` }] },
      {
        dataset: two,
        status: 'success',
        snapshots: [{ name: `${String(two)}@a` }, { name: `${String(two)}@b` }],
      },
    ],
  })

  await take(String(one), 'c')
  await take(String(two), 'c')
  const named = await z3(['backup', String(one), String(two), String(one)])
  t.equal(named.code, 0, named.stderr)
  t.match(String(named.stdout), /^Successfuly backed up .*one@c: .*\nSuccessfuly .*two@c: .*\n$/)
  t.equal(named.stderr, 'z3: 2 datasets backed up\n')

  await pool.must('zfs set test:wanted=child "$D"', { D: String(top) })
  const dry = await z3(['backup', '--select', 'test:wanted', '--dry-run', '--full'])
  t.equal(dry.code, 0, dry.stderr)
  t.match(String(dry.stdout), /^pput .*one@c\.full.*\npput .*two@c\.full.*\n$/)
  const none = await z3(['backup', '--select', 'test:other'])
  t.equal(none.code, 4)
  t.match(none.stderr, 'no dataset has the property')

  // one budget: what each pput gets
  const shared = await z3(
    ['backup', '--select', 'test:wanted', '--dry-run', '--full', '--parallel', '2'],
    { MAX_MEMORY: '100M', CONCURRENCY: '5' },
  )
  for (const line of String(shared.stdout).trimEnd().split('\n')) {
    t.match(line, /--concurrency=2 --max-memory=50M/)
  }

  // a store that is away: every dataset is named, and the status is that of one
  const away = await z3(['backup', String(one), String(two)], {
    ...{ S3_ENDPOINT: 'http://127.0.0.1:1', MAX_RETRIES: '1' },
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
  })
  t.equal(away.code, 1, away.stderr)
  t.match(away.stderr, `z3: 0 of 2 datasets backed up; failed: ${String(one)}, ${String(two)}\n`)
  t.equal(bucket.fake.uploads.size, 0)
}

const marks = async (t: Test, shop: Workshop): Promise<void> => {
  const { pool, z3, create, take, get, bucket } = shop
  const dataset = `${pool.name}/marked`
  const bookmarks = async () =>
    (await pool.must('zfs list -H -t bookmark -d 1 -o name "$D"', { D: dataset }))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(line.indexOf('#') + 1))
  await create(dataset)
  await take(dataset, 'a')
  t.equal((await z3(['backup', dataset])).code, 0)
  const guid = await get(`${dataset}@a`, 'guid')
  const [ofA = '', ...none] = await bookmarks()
  t.match(ofA, new RegExp(`^z3_${guid}_[0-9a-f]{8}$`))
  t.strictSame(none, [])
  // another place has its own, and no base but it when the snapshot is gone
  t.equal((await z3(['backup', dataset, '--s3-prefix', 'two'])).code, 0)
  const [ofTwo = ''] = (await bookmarks()).filter((one) => one !== ofA)
  // of an earlier version, and of the user
  await pool.must('zfs bookmark "$D@a" "$D#z3_$G"; zfs bookmark "$D@a" "$D#mine"', {
    ...{ D: dataset, G: guid },
  })
  const others = [ofTwo, `z3_${guid}`, 'mine']
  await take(dataset, 'b')
  await pool.must('zfs destroy "$D@a"', { D: dataset })
  const next = await z3(['backup', dataset, '--json'])
  t.equal(next.code, 0, next.stderr)
  t.equal(next.stderr, '')
  t.match((await bucket.head(`z3-backup/${dataset}@b`)).metadata, {
    parent: `${dataset}@a`,
    'parent-guid': guid,
  })
  // the earlier one of this place is no longer needed
  const ofB = `z3_${await get(`${dataset}@b`, 'guid')}${ofTwo.slice(-9)}`
  const [own = ''] = (await bookmarks()).filter((one) => !others.includes(one))
  t.equal(own.slice(0, -8), ofB.slice(0, -8))
  t.strictSame((await bookmarks()).sort(), [...others, own].sort())
  // what is stored already gets its bookmark later, too
  await pool.must('zfs destroy "$D#$B"', { D: dataset, B: own })
  t.equal((await z3(['backup', dataset, '--keep-common', 'none'])).code, 0)
  t.strictSame((await bookmarks()).sort(), others.sort())
  t.equal((await z3(['backup', dataset])).code, 0)
  t.strictSame((await bookmarks()).sort(), [...others, own].sort())
  // the place that was behind
  await pool.must('zfs destroy "$D#z3_$G"; zfs destroy "$D#mine"', { D: dataset, G: guid })
  const late = await z3(['backup', dataset, '--s3-prefix', 'two'])
  t.equal(late.code, 0, late.stderr)
  t.match((await bucket.head(`two/${dataset}@b`)).metadata, { parent: `${dataset}@a` })
  t.strictSame((await bookmarks()).sort(), [own, ofB].sort())
  const into = `${pool.name}/marked-back`
  const back = await z3(['restore', `${dataset}@b`, '--into', into])
  t.equal(back.code, 0, back.stderr)
  t.equal(await pool.sum(into), await pool.sum(dataset))

  // no permission to bookmark: a note, and never a failed backup
  const path = t.testdir({
    zfs: `#!/bin/bash
[ "$1" = bookmark ] && { echo "cannot create bookmark '$3': permission denied" >&2; exit 1; }
exec "$ZFS" "$@"
`,
  })
  await take(dataset, 'c')
  const zfs = (await pool.shell('command -v zfs')).stdout.toString().trim()
  await pool.must(`chmod +x "$F"`, { F: `${path}/zfs` })
  const denied = await z3(['backup', dataset], {
    ...{ PATH: `${path}:${process.env['PATH'] ?? ''}`, ZFS: zfs },
  })
  t.equal(denied.code, 0, denied.stderr)
  t.match(denied.stderr, /marked@c is stored, but not kept as the base of the next increment/)
}

const holds = async (t: Test, shop: Workshop): Promise<void> => {
  const { pool, z3, create, take } = shop
  const dataset = `${pool.name}/held`
  const held = async () =>
    (await pool.must('zfs holds -H $(zfs list -H -t snapshot -d 1 -o name "$D")', { D: dataset }))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t').slice(0, 2).join(' ').replace(/^.*@/, ''))
  await create(dataset)
  const backup = async (snapshot: string, prefix: string, ...more: readonly string[]) => {
    await take(dataset, snapshot)
    const words = ['--s3-prefix', prefix, '--keep-common', 'hold', ...more]
    const { code, stderr } = await z3(['backup', dataset, ...words])
    t.equal(code, 0, stderr)
  }
  await backup('a', 'one')
  await backup('b', 'two')
  t.match(await held(), [/^a z3_[0-9a-f]{8}$/, /^b z3_[0-9a-f]{8}$/])
  await backup('c', 'one')
  t.match(await held(), [/^b z3_/, /^c z3_/], 'that of the other place stays')
  await backup('d', 'one', '--full')
  t.match(await held(), [/^b z3_/, /^d z3_/], 'of an earlier chain, too')
  await take(dataset, 'e')
  t.equal((await z3(['backup', dataset, '--s3-prefix', 'one'])).code, 0)
  t.match(await held(), [/^b z3_/], 'not needed any more')
}
