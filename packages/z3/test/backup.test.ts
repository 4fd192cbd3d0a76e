/** What z3 backup stores, and what it says, on real ZFS. */
import { NO_ZFS } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { z3Size } from '@z3/core'
import { openWorkshop, type Workshop } from './workshop.js'

const PREFIX = 'z3-backup/'

const storedNames = async ({ bucket }: Workshop, prefix = PREFIX) =>
  (await bucket.keys())
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(key.indexOf('@') + 1))

const sizeOf = ({ bucket }: Workshop, key: string): number =>
  bucket.fake.objects.get(key)?.body.length ?? NaN

void t.test('z3 backup', { skip: NO_ZFS }, async (t) => {
  const shop = await openWorkshop(t, 'bak')
  await t.test('the whole history, and what is said', (t) => history(t, shop))
  await t.test('another prefix', (t) => otherPrefix(t, shop))
  await t.test('encrypted chains', (t) => encrypted(t, shop))
  await t.test('raw chains', (t) => raw(t, shop))
  await t.test('a full twin', (t) => twin(t, shop))
})

const history = async (t: Test, shop: Workshop): Promise<void> => {
  const { pool, bucket, z3, create, take } = shop
  const dataset = `${pool.name}/history`
  const key = (snapshot: string) => `${PREFIX}${dataset}@${snapshot}`
  await create(dataset)
  await take(dataset, 'a', 'b', 'c')

  const first = await z3(['backup', '--quiet', dataset])
  t.equal(first.code, 0)
  t.equal(String(first.stdout), '', 'quiet means nothing')
  t.equal(first.stderr, '')
  t.strictSame(await storedNames(shop), ['a', 'b', 'c'])
  t.match((await bucket.head(key('a'))).metadata, { isfull: 'true' })
  t.match((await bucket.head(key('c'))).metadata, { parent: `${dataset}@b` })

  for (const [flags, said] of [
    [[], 'Nothing to do here.\n'],
    [['--quiet'], ''],
    [['--parseable'], ''],
    [['--dry-run'], ''],
    [['--json'], '{"status":"success","snapshots":[]}\n'],
  ] as const) {
    const { code, stdout, stderr } = await z3(['backup', dataset, ...flags])
    t.equal(code, 0, stderr)
    t.equal(String(stdout), said, flags.join(' '))
    t.equal(stderr, '')
  }
  const status = await z3(['status', dataset, '--json'])
  t.match(JSON.parse(String(status.stdout)), {
    totals: { stored: 3, not_backed_up: 0, left_out: 0 },
  })

  // zeros: the estimate is far from what is stored
  await pool.must(
    `zfs set compression=off "$DATASET"
     "$RUN" sh -c 'head -c 4000000 /dev/zero > "/$1/zeros"' sh "$DATASET"
     zfs snapshot "$DATASET@d"; zfs snapshot "$DATASET@e"`,
    { DATASET: dataset },
  )
  const line = await z3(['backup', dataset, '--snapshot', 'd'])
  const estimate = Number((await bucket.head(key('d'))).metadata['size'])
  const stored = sizeOf(shop, key('d'))
  t.ok(estimate > 3_000_000 && stored < 1_000_000, 'they differ')
  t.equal(String(line.stdout), `Successfuly backed up ${dataset}@d: ${z3Size(stored)}.\n`)
  const parseable = await z3(['backup', dataset, '--parseable', '--quiet'])
  t.equal(
    String(parseable.stdout),
    `${dataset}@e\0${String(sizeOf(shop, key('e')))}\n`,
    'what was asked for is printed',
  )

  const newest = await z3([
    ...['backup', '--s3-prefix', 'newest', '--newest-only', dataset],
    ...['--snapshot', 'c'],
  ])
  t.equal(newest.code, 0, newest.stderr)
  t.strictSame(await storedNames(shop, 'newest/'), ['c'])
  const left = await z3(['status', '--s3-prefix', 'newest', dataset, '--json'])
  t.match(JSON.parse(String(left.stdout)), {
    totals: { stored: 1, not_backed_up: 2, left_out: 2 },
  })
  const next = await z3([...['backup', '--s3-prefix', 'newest', '--newest-only', dataset]])
  t.equal(next.code, 0, next.stderr)
  t.strictSame(await storedNames(shop, 'newest/'), ['c', 'd', 'e'])
}

const otherPrefix = async (t: Test, shop: Workshop): Promise<void> => {
  const { pool, bucket, z3, create, take } = shop
  const dataset = `${pool.name}/prefix`
  const on = (command: string, prefix: string, ...args: string[]) =>
    z3([command, dataset, '--s3-prefix', 'prefix', ...args], {
      SNAPSHOT_PREFIX: prefix,
    })
  await create(dataset)
  await take(dataset, 'daily-1', 'weekly-1', 'daily-2', 'daily-3', 'weekly-2')
  t.equal((await on('backup', 'daily-')).code, 0)
  const all = ['daily-1', 'daily-2', 'daily-3']
  t.strictSame(await storedNames(shop, 'prefix/'), all)

  const changed = await on('backup', 'weekly-')
  t.equal(changed.code, 0, changed.stderr)
  t.strictSame(await storedNames(shop, 'prefix/'), [...all, 'weekly-2'])
  const { metadata } = await bucket.head(`prefix/${dataset}@weekly-2`)
  t.match(metadata, { parent: `${dataset}@daily-3` })
  t.match(String((await on('backup', 'weekly-')).stdout), 'Nothing to do')

  await pool.must('zfs destroy "$DATASET@daily-2"', { DATASET: dataset })
  const into = `${pool.name}/prefix-back`
  const named = await z3([
    ...['restore', `${dataset}@weekly-2`, '--into', into],
    ...['--s3-prefix', 'prefix'],
  ])
  t.equal(named.code, 0, named.stderr)
  t.equal(await pool.sum(into), await pool.sum(dataset))
}

/** Names of what a run stores; its exit status, where it is not 0. */
const stores = async (shop: Workshop, prefix: string, run: () => ReturnType<Workshop['z3']>) => {
  const before = await storedNames(shop, prefix)
  const { code, stderr } = await run()
  const added = (await storedNames(shop, prefix)).filter((name) => !before.includes(name))
  return { code, stderr, added }
}

const encrypted = async (t: Test, shop: Workshop): Promise<void> => {
  const { pool, bucket, z3, create, take } = shop
  const dataset = `${pool.name}/encrypted`
  await create(dataset)
  await take(dataset, 'a', 'b')
  // they are built upon, and their beginning is all that is read of them
  const gpg = Buffer.from([0x85, 0x01, 0x0c, 0x03, ...Array(60).keys()])
  const age = Buffer.from(`age-encryption.org/v1\n${'x'.repeat(60)}`)
  for (const [name, body, metadata, word] of [
    ['original', gpg, { isfull: 'true', compressor: 'gpg' }, 'gpg'],
    ['fork', gpg, { isfull: 'true', compressor: 'zstd3', encryptor: 'gpg' }, 'gpg'],
    ['ours', age, { isfull: 'true', compressor: 'lz4', encryptor: 'age' }, 'age'],
  ] as const) {
    const prefix = `${name}/`
    const put = () => {
      for (const key of bucket.fake.objects.keys()) {
        if (key.startsWith(prefix)) bucket.fake.objects.delete(key)
      }
      bucket.fake.put(`${prefix}${dataset}@a`, body, metadata)
    }
    const run = (...args: string[]) =>
      stores(shop, prefix, () =>
        z3(['backup', dataset, '--s3-prefix', name, ...args], {
          // not as explicit as a flag
          Z3_ENCRYPTOR: 'none',
        }),
      )
    const ways = [[], ['--dry-run'], ['--compressor', 'none']]
    for (const args of name === 'ours' ? ways : ways.slice(0, 1)) {
      put()
      const refused = await run(...args)
      t.match(refused, { code: 3, added: [] }, `${name} ${args.join(' ')}`)
      t.match(
        refused.stderr,
        `z3: '${dataset}@a' is encrypted (${word}): an increment of it would be stored in clear\nhint: `,
      )
    }
    t.match(await run('--encryptor', 'none'), { code: 0, added: ['b'] })
    await take(dataset, 'c')
    t.match(await run(), { code: 0, added: ['c'] }, 'it is in clear now')
    await pool.must('zfs destroy "$DATASET@c"', { DATASET: dataset })
    put()
    const begun = await run('--full')
    t.match(begun, { code: 0, added: ['b'] }, 'a new chain')
    t.match(begun.stderr, `are encrypted (${word}), and it is not`)
  }
}

const raw = async (t: Test, shop: Workshop): Promise<void> => {
  const { pool, bucket, z3, take } = shop
  const dataset = `${pool.name}/raw`
  await pool.must(
    'echo password | zfs create -o encryption=on -o keyformat=passphrase "$DATASET"',
    { DATASET: dataset },
  )
  const flagsOf = async (name: string) =>
    (await bucket.head(`raw/${dataset}@${name}`)).metadata['send-flags']
  const backup = async (...args: string[]) => {
    const run = await z3(['backup', dataset, '--s3-prefix=raw', ...args])
    t.equal(run.code, 0, run.stderr)
    return run.stderr
  }
  await take(dataset, 'a')
  await backup('--raw')
  await take(dataset, 'b')
  await backup()
  t.match(await backup('--full'), 'sent raw, as the backups before it')
  await take(dataset, 'c')
  await backup('--full')
  for (const name of ['a', 'b', 'b.full', 'c']) {
    t.equal(await flagsOf(name), 'w', name)
  }
  await take(dataset, 'd')
  await backup('--full', '--encryptor', 'none')
  t.equal(await flagsOf('d'), undefined)
}

const twin = async (t: Test, shop: Workshop): Promise<void> => {
  const { pool, bucket, z3, create, take, snapshots, get } = shop
  const dataset = `${pool.name}/twin`
  const key = (snapshot: string) => `twin/${dataset}@${snapshot}`
  const on = (command: string, ...args: string[]) => z3([command, ...args, '--s3-prefix', 'twin'])
  await create(dataset)
  await take(dataset, 'a', 'b')
  t.equal((await on('backup', dataset)).code, 0)
  const increment = bucket.fake.objects.get(key('b'))

  const full = await on('backup', dataset, '--full', '--quiet')
  t.equal(full.code, 0, full.stderr)
  t.equal(`${String(full.stdout)}${full.stderr}`, '')
  t.strictSame(await storedNames(shop, 'twin/'), ['a', 'b', 'b.full'])
  t.equal(bucket.fake.objects.get(key('b')), increment, 'it stays')
  t.match((await bucket.head(key('b.full'))).metadata, {
    isfull: 'true',
    snapshot: 'b',
    guid: await get(`${dataset}@b`, 'guid'),
  })
  const again = await on('backup', dataset, '--full')
  t.equal(String(again.stdout), 'Nothing to do here.\n')
  t.match(again.stderr, /twin@b.full' is in the store already, in full/)

  await take(dataset, 'c')
  const next = await on('backup', dataset)
  t.equal(next.code, 0, next.stderr)
  t.equal(next.stderr, '', 'nothing was renamed')
  t.match((await bucket.head(key('c'))).metadata, {
    parent: `${dataset}@b.full`,
    'parent-guid': await get(`${dataset}@b`, 'guid'),
  })

  const status = await on('status', dataset, '--check', '--json')
  t.equal(status.code, 0, status.stderr)
  t.match(JSON.parse(String(status.stdout)), {
    problems: [],
    totals: { stored: 4, not_healthy: 0, not_backed_up: 0 },
    snapshots: [
      { name: 'a', local_state: 'ok' },
      { name: 'b.full', type: 'full', local_state: 'ok', twin_of: 'b' },
      { name: 'b', type: 'incremental', local_state: 'ok' },
      { name: 'c', type: 'incremental', local_state: 'ok' },
    ],
  })

  // the older chain is not needed
  for (const snapshot of ['a', 'b']) bucket.fake.objects.delete(key(snapshot))
  const alone = await on('status', dataset, '--check', '--json')
  t.equal(alone.code, 0, alone.stderr)
  t.match(JSON.parse(String(alone.stdout)), {
    totals: { stored: 2, not_backed_up: 0, left_out: 1 },
  })
  const into = `${pool.name}/twin-back`
  const back = await on('restore', `${dataset}@b`, '--into', into)
  t.equal(back.code, 0, back.stderr)
  t.equal(String(back.stdout), `restored ${into}@b\n`, 'by its own name')
  const on2 = await on('restore', `${dataset}@c`, '--into', into)
  t.equal(on2.code, 0, on2.stderr)
  t.strictSame(await snapshots(into), ['b', 'c'])
  t.equal(await pool.sum(into), await pool.sum(dataset))
}
