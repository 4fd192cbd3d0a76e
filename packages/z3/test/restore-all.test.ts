import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { NO_ZFS, testPool } from '@z3/fixtures'
import t from 'tap'
import { z3On } from './setup.js'

void t.test('everything in the bucket', { skip: NO_ZFS }, async (t) => {
  const pool = await testPool('all')
  t.teardown(() => pool.close())
  const home = t.testdir({ bucket: {} })
  const z3 = z3On({ env: { BUCKET: `file://${home}/bucket` } }, home)
  const names = ['data', 'data/a', 'data/a/b', 'lone/deep', 'zz']
  const datasets = names.map((name) => `${pool.name}/${name}`)
  for (const dataset of datasets) {
    await pool.must('zfs create -p "$D"', { D: dataset })
    for (const day of ['day-1', 'day-2']) {
      await pool.must(
        '"$RUN" sh -c \'head -c 50000 /dev/urandom > "$1/$2"\' sh "/$D" "$DAY"; zfs snapshot "$D@$DAY"',
        { D: dataset, DAY: day },
      )
    }
  }
  const stored = await z3(['backup', ...datasets])
  t.equal(stored.code, 0, stored.stderr)
  const guids = async (below: string) =>
    (
      await pool.must('zfs list -Hpr -t snapshot -o name,guid "$D" 2>&1 || :', {
        D: `${below}${pool.name}`,
      })
    )
      .split('\n')
      .filter((line) => line.includes('@') && (below !== '' || !line.includes('/back/')))
      .map((line) => line.slice(below.length))
      .sort()
  const source = await guids('')
  t.equal(source.length, 10)

  const back = `${pool.name}/back`
  const dry = await z3(['restore', '--all', '--dry-run', '--into', back])
  t.equal(dry.code, 0, dry.stderr)
  const lines = String(dry.stdout).trim().split('\n')
  t.strictSame(
    lines.filter((line) => line.startsWith('zfs create')),
    [back, `${back}/${pool.name}`, `${back}/${pool.name}/lone`].map(
      (name) => `zfs create -o canmount=off ${name}`,
    ),
  )
  t.equal(lines.filter((line) => line.includes('zfs receive')).length, 10)
  t.strictSame(await guids(`${back}/`), [])

  // a first run of one subtree, then the rest
  const some = await z3(['restore', '--all', '--into', back, `${pool.name}/data`])
  t.equal(some.code, 0, some.stderr)
  t.match(some.stderr, '3 datasets restored')
  const all = await z3(['restore', '--all', '--into', back, '--parallel', '3', '--json'])
  const report = JSON.parse(String(all.stdout)) as { status: string; datasets: object[] }
  t.match(report.datasets, [
    { dataset: datasets[0], status: 'success', snapshots: [] },
    { dataset: datasets[1], status: 'success', snapshots: [] },
    { dataset: datasets[2], status: 'success', snapshots: [] },
    { dataset: datasets[3], status: 'success', snapshots: [/@day-1$/, /@day-2$/] },
    { dataset: datasets[4], status: 'success', snapshots: [/@day-1$/, /@day-2$/] },
  ])
  t.equal(all.code, 0, `${all.stderr}${String(all.stdout)}`)
  t.strictSame(await guids(`${back}/`), source)

  // one that cannot be restored: nothing takes its place, and the others are restored
  await pool.must('zfs destroy -r "$D"', { D: back })
  const files = join(home, 'bucket', 'z3-backup', pool.name)
  for (const file of readdirSync(files)) {
    if (file.startsWith('data@')) rmSync(join(files, file))
  }
  const object = await z3(['list', '--parseable'])
  t.notMatch(String(object.stdout), `${pool.name}/data\t`)
  const rest = await z3(['restore', '--all', '--into', back])
  t.equal(rest.code, 0, rest.stderr)
  t.match(rest.stderr, '4 datasets restored')

  const nothing = await z3(['restore', '--all', `${pool.name}/none`])
  t.equal(nothing.code, 4)
  t.match(nothing.stderr, `nothing of ${pool.name}/none is in`)
  t.equal((await z3(['restore', '--all', `${pool.name}/data@day-1`])).code, 2)
  t.equal((await z3(['restore', '--all', '--latest'])).code, 2)
  t.equal((await z3(['restore', 'a@b', 'c@d'])).code, 2)
})

void t.test('a dataset that fails, and those below it', { skip: NO_ZFS }, async (t) => {
  const pool = await testPool('allfails')
  t.teardown(() => pool.close())
  const home = t.testdir({ bucket: {} })
  const z3 = z3On({ env: { BUCKET: `file://${home}/bucket` } }, home)
  const datasets = ['a', 'a/b', 'c'].map((name) => `${pool.name}/${name}`)
  for (const dataset of datasets) {
    await pool.must('zfs create "$D"; zfs snapshot "$D@1"; zfs snapshot "$D@2"', { D: dataset })
  }
  t.equal((await z3(['backup', ...datasets])).code, 0)
  const files = join(home, 'bucket', 'z3-backup', pool.name)
  // the full one of a, and so its increment, cannot be restored
  for (const file of readdirSync(files)) {
    if (file.startsWith('a@1')) rmSync(join(files, file))
  }
  await pool.must('zfs destroy -r "$POOL/a"; zfs destroy -r "$POOL/c"')
  const result = await z3(['restore', '--all'])
  t.equal(result.code, 4)
  t.match(result.stderr, `z3: ${datasets[0] ?? ''}: the store has no restorable backup of`)
  t.match(
    result.stderr,
    `${datasets[1] ?? ''} was not restored, since ${datasets[0] ?? ''} was not`,
  )
  t.match(result.stderr, `1 of 3 datasets restored; failed: ${datasets.slice(0, 2).join(', ')}`)
  t.match(String(result.stdout), `restored ${datasets[2] ?? ''}@2`)
  t.notMatch(await pool.must('zfs list -H -o name'), `${pool.name}/a`)
})
