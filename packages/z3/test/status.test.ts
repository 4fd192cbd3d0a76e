import { chmodSync } from 'node:fs'
import { z3Size } from '@z3/core'
import { fakeBucket, NO_ZFS, type FakeS3 } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { z3On } from './setup.js'
import { openWorkshop } from './workshop.js'

const KEY = 'z3-backup/'

/** Now, epoch seconds. */
const now = () => Math.floor(Date.now() / 1000)

/** Put what an object says of itself; nobody looks at its bytes here. */
const put = (fake: FakeS3, name: string, metadata: Readonly<Record<string, string>>) =>
  fake.put(`${KEY}${name}`, 'ten bytes.', metadata)

const rowsOf = (output: Buffer): readonly (readonly string[])[] =>
  String(output)
    .split('\n')
    .filter((line) => line.includes(' | '))
    .slice(1)
    .map((line) => line.split(' | ').map((column) => column.trim()))

void t.test("z3's table", { skip: NO_ZFS }, async (t) => {
  const shop = await openWorkshop(t, 'stat')
  const { pool, bucket, z3, create, take, get, snapshots } = shop
  const dataset = `${pool.name}/data`
  await create(dataset)
  await create(`${dataset}/child`)
  await take(`${dataset}/child`, 'of-the-child')
  await take(dataset, 'day-1', 'day-2', 'day-3')
  t.equal((await z3(['backup', dataset, '--snapshot', 'day-1'])).code, 0)
  t.equal((await z3(['backup', dataset, '--snapshot', 'day-2'])).code, 0)
  await take(dataset, 'other')
  const created = await get(`${dataset}@day-1`, 'creation')
  const old = (snapshot: string, metadata: Readonly<Record<string, string>>, hours: number) =>
    put(bucket.fake, `${dataset}@${snapshot}`, {
      created: String(Number(created) - hours * 3600),
      ...metadata,
    })
  // as big as z3's test of its own sizes
  old('z-lost', { parent: `${dataset}@gone`, size: '54237239345' }, 9)
  old('a-broken', { parent: `${dataset}@z-lost`, size: '5000000' }, 8)
  old('cycle-1', { parent: `${dataset}@cycle-2` }, 7)
  old('cycle-2', { parent: `${dataset}@cycle-1` }, 6)
  old('odd', {}, 5)
  old('full', { isfull: 'true', size: '1073741825', guid: '12' }, 4)
  old('swapped', { parent: `${dataset}@full`, 'parent-guid': '13' }, 3)
  // another snapshot has the name here
  old('other', { isfull: 'true', guid: '14', size: '1073741824' }, 2)
  put(bucket.fake, `${dataset}/child@of-the-child`, { isfull: 'true' })

  // what zfs estimates differs between versions
  const size = async (snapshot: string) => {
    const { metadata } = await bucket.head(`${KEY}${dataset}@${snapshot}`)
    return z3Size(Number(metadata['size'])).padEnd(7)
  }

  const status = await z3(['status', dataset])
  t.equal(status.code, 0, status.stderr)
  const [header, ...lines] = String(status.stdout).split('\n')
  t.equal(header, `backup status for ${dataset}@* on bucket/z3-backup/`)
  t.strictSame(lines.slice(0, 12), [
    'NAME     | PARENT  | TYPE        | HEALTH          | LOCAL STATE | SIZE   ',
    'z-lost   | gone    | incremental | missing parent  | missing     | 50.51 G',
    'a-broken | z-lost  | incremental | parent broken   | missing     | 4.77 M ',
    'cycle-1  | cycle-2 | incremental | cycle detected  | missing     |        ',
    'cycle-2  | cycle-1 | incremental | cycle detected  | missing     |        ',
    'odd      |         | unknown     | bad metadata    | missing     |        ',
    'full     |         | full        | ok              | missing     | 1 G    ',
    'swapped  | full    | incremental | parent replaced | missing     |        ',
    'other    |         | full        | ok              | replaced    | 1024 M ',
    `day-1    |         | full        | ok              | ok          | ${await size('day-1')}`,
    `day-2    | day-1   | incremental | ok              | ok          | ${await size('day-2')}`,
    'day-3    | -       | missing     | -               | ok          |        ',
  ])
  t.strictSame(lines.slice(12), [''], 'what follows the header are rows')
  t.match(status.stderr.split('\n'), [
    `z3: ${dataset}@odd: bad metadata: neither isfull nor parent`,
    /^10 stored, \d+(\.\d+)?K; 6 not healthy; 2 not backed up$/,
    /^newest good backup: day-2, \d+(s|m .*) old$/,
    '',
  ])

  await t.test('of one prefix', async (t) => {
    const { stdout } = await z3(['status', dataset, '--snapshot-prefix=day-'])
    t.match(String(stdout), `backup status for ${dataset}@day-* on bucket/z3-backup/\n`)
    t.strictSame(
      rowsOf(stdout).map(([name]) => name),
      ['day-1', 'day-2', 'day-3'],
    )
  })

  await t.test('a prefix that no snapshot has', async (t) => {
    const { code, stderr } = await z3(['status', dataset, '--snapshot-prefix=daily'])
    t.equal(code, 0)
    t.match(
      stderr,
      `z3: no snapshot of ${dataset} begins with SNAPSHOT_PREFIX 'daily'. Existing prefixes: day- 3, other 1; use --snapshot-prefix=day-, or 'SNAPSHOT_PREFIX = day-' in [fs:${dataset}].\n`,
    )
    const quiet = await z3(['status', dataset, '--snapshot-prefix=daily', '--quiet'])
    t.equal(quiet.stderr, '')
    const backup = await z3(['backup', dataset, '--snapshot-prefix=daily'])
    t.equal(backup.code, 4)
    t.match(backup.stderr, 'Existing prefixes: day- 3, other 1; use --snapshot-prefix=day-')
  })

  await t.test('--json', async (t) => {
    const { code, stdout } = await z3(['status', dataset, '--json'])
    t.equal(code, 0)
    const { snapshots: rows, ...rest } = JSON.parse(String(stdout)) as Readonly<
      Record<string, readonly Record<string, unknown>[]>
    >
    t.match(rest, {
      status: 'problems',
      dataset,
      store: `bucket 'bucket' at ${bucket.endpoint}`,
      s3_prefix: 'z3-backup/',
      snapshot_prefix: '',
      problems: ['6 stored snapshots are not healthy'],
      totals: { stored: 10, not_healthy: 6, not_backed_up: 2 },
      newest_good: { name: 'day-2', age_seconds: Number },
    })
    t.strictSame(
      rows?.map(({ name }) => name),
      lines.slice(1, 12).map((line) => line.split(' ')[0]),
    )
    const day2 = {
      name: 'day-2',
      type: 'incremental',
      parent: `${dataset}@day-1`,
      health: 'ok',
      local_state: 'ok',
      created: Number(await get(`${dataset}@day-2`, 'creation')),
      size: Number,
      stored: bucket.fake.objects.get(`${KEY}${dataset}@day-2`)?.body.length,
      key: `${KEY}${dataset}@day-2`,
      guid: await get(`${dataset}@day-2`, 'guid'),
      compressor: 'pigz1',
      send_flags: [],
      storage_class: 'STANDARD',
    }
    t.match(rows?.at(9), day2)
    t.strictSame(Object.keys(rows?.at(9) ?? {}), Object.keys(day2))
    t.match(rows?.at(10), {
      name: 'day-3',
      type: 'missing',
      parent: null,
      health: null,
      local_state: 'ok',
    })
    t.match(rows?.at(4), {
      name: 'odd',
      health: 'bad metadata',
      problem: 'neither isfull nor parent',
    })
  })

  await t.test('--parseable', async (t) => {
    const { code, stdout } = await z3(['status', dataset, '--parseable'])
    t.equal(code, 0)
    const table = String(stdout)
      .split('\n')
      .map((line) => line.split('\t'))
    t.equal(table.length, 12)
    t.strictSame(table[1], [
      'a-broken',
      'z-lost',
      'incremental',
      'parent broken',
      'missing',
      '5000000',
      '10',
      String(Number(created) - 8 * 3600),
    ])
    t.strictSame(table[10], [
      'day-3',
      '-',
      'missing',
      '-',
      'ok',
      '-',
      '-',
      await get(`${dataset}@day-3`, 'creation'),
    ])
    t.strictSame(table[11], [''])
  })

  await t.test('what it says is right', async (t) => {
    // only what is not there is backed up: by name, of another prefix
    t.strictSame(await snapshots(dataset), ['day-1', 'day-2', 'day-3', 'other'])
    const { code, stderr } = await z3(['backup', dataset, '--snapshot-prefix=day-', '--parseable'])
    t.equal(code, 0, stderr)
    const { stdout } = await z3(['status', dataset])
    t.strictSame(rowsOf(stdout).at(-1)?.slice(0, 5), ['day-3', 'day-2', 'incremental', 'ok', 'ok'])
  })
})

/** A zfs that lists these snapshots of tank/data, or fails in these words. */
const zfsThat = (
  t: Test,
  does: { readonly lists?: readonly string[]; readonly says?: string },
): Readonly<Record<string, string>> => {
  const { lists = [], says } = does
  const dir = t.testdir({
    zfs:
      says === undefined
        ? `#!/bin/sh\nprintf '${lists.map((line) => `${line}\\n`).join('')}'\n`
        : `#!/bin/sh\necho "${says}" >&2\nexit 1\n`,
  })
  chmodSync(`${dir}/zfs`, 0o755)
  return { PATH: `${dir}:/usr/bin:/bin` }
}

void t.test('for a monitor', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const env = zfsThat(t, { lists: [] })
  const z3 = z3On(bucket, t.testdirName)
  const check = (...args: string[]) => z3(['status', 'tank/data', ...args], env)

  const none = await check('--check')
  t.equal(none.code, 3)
  t.match(none.stderr, 'there is no good backup')
  t.equal((await check()).code, 0, 'unless it is asked to check')

  const created = now() - 7200
  put(bucket.fake, 'tank/data@a', {
    isfull: 'true',
    created: String(created),
  })
  const good = await check('--check')
  t.equal(good.code, 0, good.stderr)
  t.equal((await check('--check', '--max-age', '3h')).code, 0)
  const late = await check('--check', '--max-age=90m')
  t.equal(late.code, 3)
  t.match(late.stderr, /the newest good backup, a, is 2h( \d+s)? old/)
  t.equal((await check('--max-age=90m')).code, 3, 'it checks by itself')
  const unknown = await check('--max-age=90')
  t.equal(unknown.code, 2)
  t.match(unknown.stderr, "--max-age: '90' is not a duration")

  await t.test('what is newer and broken does not count', async (t) => {
    put(bucket.fake, 'tank/data@b', {
      parent: 'tank/data@gone',
      created: String(now()),
    })
    const { code, stdout, stderr } = await check('--json', '--max-age=90m')
    t.equal(code, 3)
    const { problems } = JSON.parse(String(stdout)) as { problems: string[] }
    t.match(problems, ['1 stored snapshot is not healthy', /^the newest good backup, a, is 2h/])
    for (const problem of problems) t.match(stderr, problem)
  })

  await t.test('of the original, the time of the upload counts', async (t) => {
    bucket.fake.objects.clear()
    put(bucket.fake, 'tank/data@a', { isfull: 'true' })
    t.equal((await check('--max-age=1h')).code, 0)
  })
})

void t.test('a parent of another prefix', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const z3 = z3On(bucket, t.testdirName)
  const env = { ...zfsThat(t, { lists: [] }), SNAPSHOT_PREFIX: 'daily' }
  put(bucket.fake, 'tank/data@weekly-1', {
    isfull: 'true',
    created: '1700000000',
  })
  put(bucket.fake, 'tank/data@daily-1', {
    parent: 'tank/data@weekly-1',
    created: '1700000001',
  })
  const { code, stdout, stderr } = await z3(['status', 'tank/data', '--check'], env)
  t.equal(code, 0, stderr)
  t.strictSame(rowsOf(stdout), [['daily-1', 'weekly-1', 'incremental', 'ok', 'missing', '']])
})

void t.test('what is stored is shown without a local side', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  put(bucket.fake, 'tank/data@a', { isfull: 'true' })
  for (const [local, says, told] of [
    [
      'missing',
      "cannot open 'tank/data': dataset does not exist",
      'z3: tank/data is not on this host\n',
    ],
    [
      '?',
      'The ZFS modules are not loaded.',
      'z3: unable to list local snapshots! zfs cannot reach its kernel module: The ZFS modules are not loaded\n',
    ],
  ] as const) {
    await t.test(says, async (t) => {
      const z3 = z3On(bucket, t.testdirName)
      const { code, stdout, stderr } = await z3(['status', 'tank/data'], zfsThat(t, { says }))
      t.equal(code, 0, stderr)
      t.ok(stderr.startsWith(`${told}1 stored, `), stderr)
      const isKnown = local !== '?'
      t.match(stderr, isKnown ? '; 0 not backed up\n' : '; not backed up: unknown\n')
      t.strictSame(rowsOf(stdout), [['a', '', 'full', 'ok', local, '']])
      const fields = await z3(['status', '--parseable', 'tank/data'], zfsThat(t, { says }))
      t.equal(String(fields.stdout).split('\t')[4], isKnown ? 'missing' : '-')
      const json = await z3(['status', '--json', 'tank/data'], zfsThat(t, { says }))
      const number = isKnown ? 0 : null
      t.match(JSON.parse(String(json.stdout)), {
        totals: { stored: 1, not_backed_up: number, left_out: number },
        snapshots: [{ local_state: isKnown ? 'missing' : null }],
      })
    })
  }
  await t.test('but not where zfs failed', async (t) => {
    // in a process of its own, which ends what still runs
    const z3 = z3On(bucket, t.testdirName, { installed: true })
    const { code, stdout, stderr } = await z3(
      ['status', 'tank/data'],
      zfsThat(t, { says: 'internal error: out of memory' }),
    )
    t.equal(code, 1)
    t.equal(String(stdout), '')
    t.match(stderr, 'internal error: out of memory')
  })
})

void t.test('objects that are no snapshots', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const z3 = z3On(bucket, t.testdirName)
  put(bucket.fake, 'tank/data@a', { isfull: 'true' })
  const foreign = ['tank/data@', 'tank/data@a/b', 'tank/data@a@b']
  for (const name of foreign) put(bucket.fake, name, { isfull: 'true' })
  // these are others', and nothing to tell of
  put(bucket.fake, 'tank/data2@a', { isfull: 'true' })
  put(bucket.fake, '.z3/tank/data@a', { isfull: 'true' })
  bucket.fake.put('tank/data@a', 'x')
  const { code, stdout, stderr } = await z3(['status', 'tank/data'], zfsThat(t, { lists: [] }))
  t.equal(code, 0, stderr)
  t.strictSame(rowsOf(stdout), [['a', '', 'full', 'ok', 'missing', '']])
  t.strictSame(stderr.split('\n').slice(0, 4), [
    ...foreign.map(
      (name) => `z3: object '${KEY}${name}' is not a snapshot of tank/data; skipping it`,
    ),
    '1 stored, 10B; 0 not healthy; 0 not backed up',
  ])
})
