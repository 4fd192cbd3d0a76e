/** Objects that the original z3 wrote, and ours as the original reads them. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NO_ZFS } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { openWorkshop, type Workshop } from './workshop.js'

type Metadata = Readonly<Record<string, string>>

/** As versions of z3, and servers between, have left it in a bucket. */
interface Layout {
  readonly name: string
  /** What makes it of the stream, in bash. */
  readonly filter?: string
  readonly full: Metadata
  readonly incremental: Metadata
}

const LAYOUTS: readonly Layout[] = [
  {
    name: 'pigz',
    filter: 'pigz -1 --blocksize 4096',
    full: { size: '210000', isfull: 'true', compressor: 'pigz1' },
    incremental: { size: '210000', compressor: 'pigz1' },
  },
  { name: 'before-0.1.8', full: { is_full: 'true' }, incremental: {} },
  { name: 'radosgw', full: { 'is-full': 'true' }, incremental: {} },
  {
    name: 'gpg',
    filter: 'gpg --batch -q -e -r z3-test',
    full: { isfull: 'true', compressor: 'gpg', size: '210000' },
    incremental: { compressor: 'gpg', size: '210000' },
  },
]

const makeKey = async (t: Test, { pool }: Workshop): Promise<string> => {
  // not t.testdir: the agent's socket has no more than 108 bytes for its path
  const GNUPGHOME = mkdtempSync(join(tmpdir(), 'z3-gpg-'))
  await pool.must(
    `gpg --batch -q --passphrase '' --quick-gen-key z3-test default default never 2> "$GNUPGHOME/log" ||
       { cat "$GNUPGHOME/log" >&2; exit 1; }`,
    { GNUPGHOME },
  )
  t.teardown(() => pool.shell('gpgconf --kill all; rm -r "$GNUPGHOME"', { GNUPGHOME }))
  return GNUPGHOME
}

void t.test('what the original wrote', { skip: NO_ZFS }, async (t) => {
  const shop = await openWorkshop(t, 'old')
  const { pool, bucket, z3, create, take, get } = shop
  const GNUPGHOME = await makeKey(t, shop)
  const dataset = `${pool.name}/data`
  await create(dataset)
  await take(dataset, 'a', 'b')
  const stream = async (filter: string, ...args: string[]) => {
    const { code, stdout, stderr } = await pool.shell(
      `set -o pipefail; zfs send ${args.join(' ')} | ${filter}`,
      { GNUPGHOME },
    )
    if (code !== 0) throw new Error(stderr)
    return stdout
  }

  for (const { name, filter = 'cat', full, incremental } of LAYOUTS) {
    bucket.fake.put(`${name}/${dataset}@a`, await stream(filter, `${dataset}@a`), full)
    bucket.fake.put(
      `${name}/${dataset}@b`,
      await stream(filter, '-i', `${dataset}@a`, `${dataset}@b`),
      { parent: `${dataset}@a`, ...incremental },
    )
  }
  await take(dataset, 'c')

  for (const { name, full } of LAYOUTS) {
    await t.test(name, async (t) => {
      const on = (...args: string[]) =>
        z3([...args, '--s3-prefix', name], {
          GNUPGHOME,
          COMPRESSOR: full['compressor'] ?? 'none',
          GPG_RECIPIENT: 'z3-test',
        })
      const size = full['size'] === undefined ? '' : '0.2 M'
      const status = await on('status', dataset)
      t.equal(status.code, 0, status.stderr)
      const rows = String(status.stdout)
        .split('\n')
        .slice(2, 5)
        .map((line) => line.split(' | ').map((column) => column.trim()))
      t.strictSame(rows, [
        ['a', '', 'full', 'ok', 'ok', size],
        ['b', 'a', 'incremental', 'ok', 'ok', size],
        ['c', '-', 'missing', '-', 'ok', ''],
      ])

      const backup = await on('backup', dataset)
      t.equal(backup.code, 0, backup.stderr)
      const { metadata } = await bucket.head(`${name}/${dataset}@c`)
      t.match(metadata, {
        parent: `${dataset}@b`,
        'parent-guid': await get(`${dataset}@b`, 'guid'),
      })
      t.notHas(metadata, { isfull: '' })

      const into = `${pool.name}/${name}`
      const back = await on('restore', `${dataset}@c`, '--into', into)
      t.equal(back.code, 0, back.stderr)
      t.equal(await pool.sum(into), await pool.sum(dataset))
    })
  }
})

/** What the original reads of an object, and nothing else. */
const readAsOriginal = (metadata: Metadata) => ({
  full: (metadata['isfull'] ?? metadata['is_full']) === 'true',
  parent: metadata['parent'],
  size: Number(metadata['size']),
  // it passes names that it does not know through
  decompress: { pigz1: 'pigz -d', pigz4: 'pigz -d' }[metadata['compressor'] ?? ''] ?? 'cat',
})

/** The original's `restore` into nothing: by names alone, the oldest first. */
const originalRestore = async (
  t: Test,
  bucket: Workshop['bucket'],
  target: string,
): Promise<readonly string[]> => {
  const commands: string[] = []
  let name: string | undefined = target
  while (name !== undefined) {
    const { metadata } = await bucket.head(`z3-backup/${name}`)
    const { full, parent, size, decompress } = readAsOriginal(metadata)
    t.ok(size > 200_000 && size < 1_000_000, `${name} has ${String(size)}`)
    t.equal(full, parent === undefined)
    commands.unshift(`z3-get --quiet 'z3-backup/${name}' | ${decompress} | zfs recv '${name}'`)
    name = parent
  }
  return commands
}

void t.test('what the original reads', { skip: NO_ZFS }, async (t) => {
  const shop = await openWorkshop(t, 'ours')
  const { pool, bucket, z3, create, take, paste, snapshots, get } = shop
  const dataset = `${pool.name}/data`
  await create(dataset)
  await take(dataset, 'a', 'b')
  const first = await z3(['backup', dataset, '--snapshot', 'a'], {
    COMPRESSOR: 'none',
  })
  t.equal(first.code, 0, first.stderr)
  for (const [snapshot, COMPRESSOR] of [
    ['b', 'pigz1'],
    ['c', 'pigz4'],
  ] as const) {
    if (snapshot === 'c') await take(dataset, 'c')
    const { code, stderr } = await z3(['backup', dataset], { COMPRESSOR })
    t.equal(code, 0, stderr)
  }

  // by the original's rules: names alone, the oldest first
  const prefix = 'z3-backup/'
  const keys = await bucket.keys()
  t.strictSame(keys, [`${prefix}${dataset}@a`, `${prefix}${dataset}@b`, `${prefix}${dataset}@c`])
  const commands = await originalRestore(t, bucket, `${dataset}@c`)
  t.equal(commands.length, 3)

  const guids = async () =>
    Promise.all((await snapshots(dataset)).map((one) => get(`${dataset}@${one}`, 'guid')))
  const before = { guids: await guids(), sum: await pool.sum(dataset) }
  await pool.must('zfs destroy -r "$DATASET"', { DATASET: dataset })
  const { code, stderr } = await paste(`set -e -o pipefail\n${commands.join('\n')}`)
  t.equal(code, 0, stderr)
  t.strictSame(await guids(), before.guids)
  t.equal(await pool.sum(dataset), before.sum)
})

void t.test('a full twin, as the original reads it', { skip: NO_ZFS }, async (t) => {
  const shop = await openWorkshop(t, 'twin')
  const { pool, bucket, z3, create, take, paste, snapshots, get } = shop
  const dataset = `${pool.name}/data`
  await create(dataset)
  await take(dataset, 'a', 'b')
  t.equal((await z3(['backup', dataset])).code, 0)
  t.equal((await z3(['backup', dataset, '--full'])).code, 0)
  await take(dataset, 'c')
  t.equal((await z3(['backup', dataset])).code, 0)

  const commands = await originalRestore(t, bucket, `${dataset}@c`)
  t.equal(commands.length, 2, 'the older chain is not needed')
  const guid = await get(`${dataset}@c`, 'guid')
  const sum = await pool.sum(dataset)
  await pool.must('zfs destroy -r "$DATASET"', { DATASET: dataset })
  const { code, stderr } = await paste(`set -e -o pipefail\n${commands.join('\n')}`)
  t.equal(code, 0, stderr)
  t.strictSame(await snapshots(dataset), ['b.full', 'c'])
  t.equal(await get(`${dataset}@c`, 'guid'), guid)
  t.equal(await pool.sum(dataset), sum)
})
