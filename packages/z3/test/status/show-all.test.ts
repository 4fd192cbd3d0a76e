/** z3 status of all datasets, and of one on a terminal. */
import { chmodSync } from 'node:fs'
import { fakeBucket, runOnTerminal, testIo } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { main } from '../../src/main.js'

const HOUR = 3600
const LONG = 'zfs-auto-snap:daily-2026-11-30-0400'

/** A bucket with two datasets, a broken chain, and a name that is no dataset's. */
const setup = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const zfs = t.testdir({ zfs: '#!/bin/sh\nexit 0\n' })
  chmodSync(`${zfs}/zfs`, 0o755)
  const env: Readonly<Record<string, string>> = {
    ...bucket.env,
    ...{ SNAPSHOT_PREFIX: '', MAX_RETRIES: '1', LANG: 'C.UTF-8', TZ: 'UTC' },
    XDG_CACHE_HOME: `${zfs}/cache`,
  }
  const status = async (
    args: readonly string[],
    { more = {}, width }: { more?: Readonly<Record<string, string>>; width?: number } = {},
  ) => {
    const io = testIo(
      { ...env, PATH: `${zfs}:/usr/bin:/bin`, ...more },
      width === undefined ? [] : [1],
      width,
    )
    const code = await main(['status', ...args], io)
    return { code, out: io.out(), err: io.err() }
  }
  const put = (name: string, hours: number, parent?: string) =>
    bucket.fake.put(`z3-backup/${name}`, 'ten bytes.', {
      ...(parent === undefined ? { isfull: 'true' } : { parent }),
      created: String(Math.floor(Date.now() / 1000 - hours * HOUR)),
    })
  put(`tank/b@${LONG}`, 5)
  put('tank/b@x', 4, `tank/b@${LONG}`)
  put('tank/a@1', 3)
  put('tank/a@2', 2, 'tank/a@1')
  put('tank/a@3', 1, 'tank/a@gone')
  return { status, put, bucket, zfs, env }
}

/** The lines of a table, without padding. */
const lines = (text: string) => text.split('\n').map((line) => line.replace(/ +/g, ' ').trim())

void t.test('one line for each dataset', async (t) => {
  const { status, put, bucket } = await setup(t)
  const all = await status(['--all'])
  t.equal(all.code, 0, all.err)
  t.match(lines(all.out), [
    'DATASET | NEWEST GOOD | AGE | CHAIN | SIZE | HEALTH',
    /^tank\/a \| 2 \| 2h( \d+s)? \| 2 \| 30B \| 1 not healthy$/,
    /^tank\/b \| x \| 4h( \d+s)? \| 2 \| 20B \| ok$/,
    '',
  ])
  t.equal(all.err, '2 datasets, 5 snapshots, 50B; 1 not healthy\n')
  // the metadata are in the cache now
  bucket.fake.requests.length = 0
  const again = await status([])
  t.match(again.out, /^tank\/a .*\ntank\/b /m, 'without a dataset and FILESYSTEM')
  t.strictSame(
    bucket.fake.requests.map(({ op }) => op),
    ['ListObjectsV2', 'ListObjectsV2', 'ListObjectsV2'],
    'a listing of the prefix, and one for each dataset',
  )
  t.equal((await status(['--all', '-q'])).err, '')
  const one = await status([], { more: { FILESYSTEM: 'tank/b' } })
  t.match(one.out, /^backup status for tank\/b@/)
  t.match(await status(['--all'], { more: { FILESYSTEM: 'tank/b' } }), { out: /^tank\/a /m })
  t.match(await status(['--all'], { more: { SNAPSHOT_PREFIX: 'x' } }), {
    out: /^tank\/a +\| none +\| \? +\| - +\| 0B +\| no backup/m,
  })
  put('tank/f@1', -500)
  t.match(await status(['--all']), { out: /^tank\/f +\| 1 +\| future/m })
})

void t.test('--last, --parseable and --json of all datasets', async (t) => {
  const { status } = await setup(t)
  const { out, code } = await status(['--all', '--last', '1'])
  t.equal(code, 0)
  t.match(lines(out), [
    'NAME | CREATED | PARENT | TYPE | HEALTH | SIZE',
    /^tank\/a@3 \| \d{4}-\d\d-\d\d \d\d:\d\d \| gone \| incremental \| missing parent \|$/,
    /^tank\/b@x \| .* \| zfs-\S+…\S*0400 \| incremental \| ok \|$/,
    '',
  ])
  const table = (await status(['--all', '--parseable', '--last=2'])).out
    .split('\n')
    .map((line) => line.split('\t'))
  t.match(table, [
    ['tank/a@2', '1', 'incremental', 'ok', '-', '-', '10', /^\d{10}$/, '-'],
    ['tank/a@3', 'gone', 'incremental', 'missing parent', '-', '-', '10', /^\d{10}$/, '-'],
    [`tank/b@${LONG}`, '', 'full', 'ok', '-', '-', '10', /^\d{10}$/, '-'],
    ['tank/b@x', LONG, 'incremental', 'ok', '-', '-', '10', /^\d{10}$/, '-'],
    [''],
  ])
  const json = JSON.parse((await status(['--all', '--json', '--last', '1'])).out) as {
    datasets: { snapshots: object[] }[]
  }
  t.match(json, {
    status: 'problems',
    s3_prefix: 'z3-backup/',
    datasets: [
      {
        dataset: 'tank/a',
        problems: ['1 stored snapshot is not healthy'],
        totals: { stored: 3, bytes: 30, not_healthy: 1 },
        newest_good: { name: '2', age_seconds: Number },
        chain: 2,
        snapshots: [{ name: '3', health: 'missing parent' }],
      },
      { dataset: 'tank/b', problems: [], snapshots: [{ name: 'x' }] },
    ],
  })
  t.notOk('local_state' in (json.datasets[0]?.snapshots[0] ?? {}), 'it is not known')
  const last = await status(['tank/b', '--last', '1'])
  t.match(lines(last.out), [/^backup/, /^NAME/, `x | ${LONG} | incremental | ok | missing |`, ''])
  t.match(last.err, /^2 stored, 20B; 0 not healthy/, 'of all')
})

void t.test('what is wrong', async (t) => {
  const { status, bucket } = await setup(t)
  const checked = await status(['--all', '--check', '--max-age', '3h30min'])
  t.equal(checked.code, 2)
  const late = await status(['--all', '--max-age', '3h'])
  t.equal(late.code, 3)
  t.match(late.err, 'z3: tank/a: 1 stored snapshot is not healthy\n')
  t.match(late.err, /^z3: tank\/b: the newest good backup, x, is 4h( \d+s)? old$/m)
  t.match(late.out, /^tank\/b /m)
  for (const [args, message] of [
    [['--all', 'tank/a'], 'exclude each other'],
    [['--all', '--filesystem', 'tank/a'], /--all|--filesystem/],
    [['--all', '--last', '0'], "--last: '0' is not a number of snapshots"],
    [['tank/a', '--last=-1'], '--last'],
    [['tank/a', '--last', 'x'], '--last'],
    [['--color', 'yes', 'tank/a'], '--color'],
    [['--all', '--config', '/nonexistent'], '/nonexistent'],
  ] as const) {
    const { code, out, err } = await status(args)
    t.equal(code, 2, args.join(' '))
    t.equal(out, '')
    t.match(err, message)
  }
  const denied = { status: 403, code: 'AccessDenied' }
  bucket.fake.faults = ({ op, path }) =>
    op === 'ListObjectsV2' && path.includes('tank%2Fb') ? denied : undefined
  const partly = await status(['--all'])
  t.equal(partly.code, 1)
  t.match(partly.out, /^tank\/b +\| \? +\| \? +\| \? +\| \? +\| \?/m)
  t.match(partly.err, /^2 datasets, 3 snapshots, at least 30B/)
  t.match(partly.err, /^z3: tank\/b: /m)
  bucket.fake.faults = () => denied
  t.match(await status(['--all']), { code: 1, out: '', err: /^z3: / })
  bucket.fake.faults = () => undefined
  bucket.fake.objects.clear()
  t.match(await status(['--all']), { code: 4, out: '', err: /there are no backups in/ })
})

void t.test('a table on a terminal fits', async (t) => {
  const { status } = await setup(t)
  const piped = await status(['tank/b'])
  t.match(
    piped.out.split('\n')[1],
    /^NAME +\| PARENT +\| TYPE +\| HEALTH \| LOCAL STATE \| SIZE$/,
    "z3's table, whole",
  )
  t.match(piped.out, `${LONG} |`)
  for (const args of [['tank/b'], ['--all'], ['--all', '--last', '9']]) {
    for (const width of [40, 60, 80, 100, 200]) {
      const { out, code } = await status(args, { width })
      t.equal(code, 0)
      const rows = out.split('\n').filter((line) => line.includes(' | '))
      for (const row of rows) t.ok(row.length <= width, `${String(width)}: ${row}`)
    }
  }
  const eighty = await status(['tank/b'], { width: 80 })
  t.match(lines(eighty.out), [
    /^backup status/,
    'NAME | CREATED | TYPE | HEALTH | LOCAL | SIZE',
    /^zfs-auto-\S*…\S*0-0400 \| \d{4}-\d\d-\d\d \d\d:\d\d \| full \| ok \| missing \|$/,
    /^x \| /,
    'not shown: PARENT (--wide shows all columns)',
    '2 stored, 20B; 0 not healthy; 0 not backed up',
    /^newest good backup: x, 4h/,
  ])
  const wide = await status(['tank/b', '--wide'], { width: 40 })
  t.match(wide.out, `${LONG} | `)
  t.match(wide.out, /^NAME +\| CREATED +\| PARENT +\| TYPE +\| HEALTH \| LOCAL +\| SIZE/m)
  const ascii = await status(['tank/b'], { width: 40, more: { LANG: 'C' } })
  t.match(ascii.out, /^zfs-auto\S*\.\.\.\S*-0400 +\| ok/m)
  t.match(await status(['tank/a', '--color', 'always']), { out: /missing parent/ })
  const red = await status(['--all', '--color=always'])
  t.match(red.out, '\x1b[31m1 not healthy\x1b[39m')
  t.notMatch(
    (await status(['--all'], { width: 80, more: { TERM: 'xterm', NO_COLOR: '1' } })).out,
    '\x1b',
  )
})

void t.test('on a real terminal', async (t) => {
  const { env, zfs } = await setup(t)
  const show = async (columns: number, more: Readonly<Record<string, string>>) => {
    const { code, screen } = await runOnTerminal(
      `stty cols ${String(columns)}; PATH='${zfs}':$PATH; z3 status tank/a`,
      [],
      { ...env, ...more },
    )
    t.equal(code, 0, screen)
    return screen.replaceAll('\r', '')
  }
  const colored = await show(90, { TERM: 'xterm' })
  t.match(colored, /^1 +\| \d{4}-\d\d-\d\d \d\d:\d\d \|.* full/m)
  t.match(colored, '\x1b[31mmissing parent\x1b[39m')
  const dumb = await show(40, { TERM: 'dumb', LANG: 'C' })
  t.notMatch(dumb, '\x1b')
  t.match(dumb, /^not shown: .*PARENT/m)
})
