import { mkdtempSync, rmSync } from 'node:fs'
import {
  NO_SERVER,
  NO_ZFS,
  serverBucket,
  testPool,
  testServers,
  type TestBucket,
  type TestPool,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { z3On, type Z3 } from './setup.js'

/** One way to store a dataset, on real ZFS and a real server. */
interface Variant {
  readonly name: string
  readonly env?: Readonly<Record<string, string>>
  /** Options of z3 backup. */
  readonly options?: readonly string[]
  /** What its objects say. */
  readonly metadata: Readonly<Record<string, string>>
  readonly dataset?: string
  readonly create?: string
}

const PLAIN: Variant = { name: 'pigz1', metadata: { compressor: 'pigz1' } }

const variants = (keys: Keys): readonly Variant[] => [
  PLAIN,
  { name: 'none', env: { COMPRESSOR: 'none' }, metadata: {} },
  {
    name: 'zstd',
    env: { COMPRESSOR: 'zstd' },
    metadata: { compressor: 'zstd' },
  },
  {
    name: "z3's gpg",
    env: { COMPRESSOR: 'gpg', GNUPGHOME: keys.gnupg, GPG_RECIPIENT: 'z3-test' },
    metadata: { compressor: 'gpg' },
  },
  {
    name: 'gpg',
    env: {
      Z3_ENCRYPTOR: 'gpg',
      GNUPGHOME: keys.gnupg,
      GPG_RECIPIENT: 'z3-test',
    },
    metadata: { compressor: 'pigz1', encryptor: 'gpg' },
  },
  {
    name: 'age',
    env: {
      COMPRESSOR: 'lz4',
      Z3_ENCRYPTOR: 'age',
      Z3_AGE_RECIPIENTS: keys.ageRecipient,
      Z3_AGE_IDENTITY: keys.ageIdentity,
    },
    metadata: { compressor: 'lz4', encryptor: 'age' },
  },
  {
    name: 'a name with a blank',
    dataset: 'with a blank',
    metadata: { compressor: 'pigz1' },
  },
  {
    name: 'raw, encrypted',
    dataset: 'secret',
    create: 'echo password | zfs create -o encryption=on -o keyformat=passphrase "$DATASET"',
    options: ['--raw'],
    metadata: { 'send-flags': 'w' },
  },
]

interface Keys {
  readonly gnupg: string
  readonly ageIdentity: string
  readonly ageRecipient: string
}

const makeKeys = async (t: Test, pool: TestPool): Promise<Keys> => {
  // gpg's agent has its socket there, and a socket's path has 108 bytes at most: the checkout's may be longer
  const dir = mkdtempSync('/tmp/z3-gpg-')
  const recipient = await pool.must(
    `mkdir -m 700 "$DIR/gnupg"
     gpg --batch -q --passphrase '' --quick-gen-key z3-test default default never 2> "$DIR/log" || { cat "$DIR/log" >&2; exit 1; }
     age-keygen -o "$DIR/age" 2> /dev/null
     age-keygen -y "$DIR/age"`,
    { DIR: dir, GNUPGHOME: `${dir}/gnupg` },
  )
  t.teardown(async () => {
    await pool.shell('gpgconf --kill all', { GNUPGHOME: `${dir}/gnupg` })
    rmSync(dir, { recursive: true })
  })
  return {
    gnupg: `${dir}/gnupg`,
    ageIdentity: `${dir}/age`,
    ageRecipient: recipient.trim(),
  }
}

const servers = testServers()

const skip = NO_ZFS || (servers.length === 0 && NO_SERVER)

void t.test('real servers, real ZFS', { skip }, async (t) => {
  const source = await testPool('z3s')
  t.teardown(() => source.close())
  const keys = await makeKeys(t, source)
  for (const server of servers) {
    await t.test(server.name, async (t) => {
      const bucket = await serverBucket(server)
      t.teardown(() => bucket.close())
      const home = t.testdir({})
      // what differs between servers is keys and metadata, not the compressor
      const all = variants(keys)
      const hasBlank = server.name === 'swift'
      const some = all.filter(
        (one) => one === PLAIN || (hasBlank && one.dataset === 'with a blank'),
      )
      for (const variant of server.name === 'rgw' ? all : some) {
        // the installed program, and a longer chain, once
        const isFirst = server.name === 'rgw' && variant === PLAIN
        const z3 = z3On(bucket, home, { installed: isFirst })
        const later = isFirst ? ['b', 'c', 'd'] : ['b']
        await t.test(variant.name, (t) => thereAndBack(t, { variant, bucket, z3, source, later }))
      }
    })
  }
})

/** Full, increments, status, and back into an empty pool. */
const thereAndBack = async (
  t: Test,
  {
    variant,
    bucket,
    z3: plainZ3,
    source,
    later,
  }: {
    readonly variant: Variant
    readonly bucket: TestBucket
    readonly z3: Z3
    readonly source: TestPool
    /** The snapshots that follow the first one, each of its own increment. */
    readonly later: readonly string[]
  },
): Promise<void> => {
  // every variant makes the same names
  const prefix = variant.name.replaceAll(/\W/g, '-')
  const z3: Z3 = (args) => plainZ3(['--s3-prefix', prefix, ...args], variant.env)
  const dataset = `${source.name}/${variant.dataset ?? 'data'}`
  const target = await testPool('z3t')
  t.teardown(() => target.close())
  t.teardown(() => source.must('zfs destroy -r "$DATASET"', env))
  const env = { DATASET: dataset }
  await source.must(variant.create ?? 'zfs create "$DATASET"', env)
  const take = (snapshot: string) =>
    source.must(
      `"$RUN" sh -c 'head -c 1500000 /dev/urandom > "$1/$2"; echo "$2" >> "$1/log"' sh "/$DATASET" ${snapshot}
       zfs snapshot "$DATASET@${snapshot}"`,
      env,
    )
  const options = variant.options ?? []

  await take('a')
  const first = await z3(['backup', dataset, ...options])
  t.equal(first.code, 0, first.stderr)
  t.match(String(first.stdout), `Successfuly backed up ${dataset}@a: `)
  for (const snapshot of later) await take(snapshot)
  // pinned: the flags need not be given again
  const more = await z3(['backup', dataset, '--parseable'])
  t.equal(more.code, 0, more.stderr)
  const lines = String(more.stdout).split('\n')
  t.match(lines, [...later.map((snapshot) => new RegExp(`@${snapshot}\0\\d{7}$`)), /^$/])

  const head = async (snapshot: string) =>
    (await bucket.head(`${prefix}/${dataset}@${snapshot}`)).metadata
  const guid = async (snapshot: string) =>
    (await source.must(`zfs get -Hp -o value guid "$DATASET@${snapshot}"`, env)).trim()
  const full = await head('a')
  t.match(full, { isfull: 'true', guid: await guid('a'), ...variant.metadata })
  t.match(full['size'], /^\d{7}$/)
  t.notHas(full, { parent: '' })
  const [parent = '', newest = ''] = ['a', ...later].slice(-2)
  t.match(await head(newest), {
    parent: `${dataset}@${parent}`,
    guid: await guid(newest),
    'parent-guid': await guid(parent),
    ...variant.metadata,
  })

  const status = await z3(['status', dataset, '--check'])
  t.equal(status.code, 0, status.stderr)
  const rows = String(status.stdout)
    .split('\n')
    .slice(2, 3 + later.length)
    .map((line) => line.split('|').map((column) => column.trim()))
  const size = /^1\.\d+ M$/
  t.match(rows, [
    ['a', '', 'full', 'ok', 'ok', size],
    ...later.map((one, i) => [one, ['a', ...later][i], 'incremental', 'ok', 'ok', size]),
  ])

  const into = `${target.name}/back`
  const back = await z3(['restore', `${dataset}@${newest}`, '--into', into])
  t.equal(back.code, 0, back.stderr)
  t.equal(String(back.stdout), ['a', ...later].map((s) => `restored ${into}@${s}\n`).join(''))
  if (variant.create !== undefined) {
    t.match(back.stderr, `${into} is not mounted: its key is not loaded`)
    await target.must(`echo password | zfs load-key ${into} && zfs mount ${into}`)
  }
  t.equal(await target.sum(into), await source.sum(dataset))
  t.strictSame(await bucket.pending(), [])
}

void t.test('a volume', { skip }, async (t) => {
  const [server] = servers
  if (!server) throw new Error(NO_SERVER)
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const pool = await testPool('z3v')
  t.teardown(() => pool.close())
  const z3 = z3On(bucket, t.testdir({}), { installed: true })
  const sum = (volume: string) =>
    pool.must(
      `"$RUN" sh -c 'for i in $(seq 100); do [ -e "$1" ] && break; sleep 0.1; done; sha256sum < "$1"' sh "/dev/zvol/$POOL/${volume}"`,
    )
  await pool.must(`
    zfs create -V 16M "$POOL/volume"
    "$RUN" sh -c "while [ ! -e /dev/zvol/$POOL/volume ]; do sleep 0.1; done
      dd if=/dev/urandom of=/dev/zvol/$POOL/volume bs=1024k count=3 2> /dev/null && sync"
    zfs snapshot "$POOL/volume@a"`)
  const volume = `${pool.name}/volume`
  t.equal((await z3(['backup', volume])).code, 0)
  await pool.must(`
    "$RUN" sh -c "dd if=/dev/urandom of=/dev/zvol/$POOL/volume bs=1024k seek=8 count=2 2> /dev/null && sync"
    zfs snapshot "$POOL/volume@b"`)
  t.equal((await z3(['backup', volume])).code, 0)
  const sent = await sum('volume')
  await pool.must('zfs destroy -r "$POOL/volume"')
  const back = await z3(['restore', '--latest', '--dataset', volume])
  t.equal(back.code, 0, back.stderr)
  t.equal(await sum('volume'), sent)
})
