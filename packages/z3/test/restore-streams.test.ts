/** Objects whose streams are not what their metadata say, or not made by z3. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NO_ZFS } from '@z3/fixtures'
import t from 'tap'
import { openTwoBackups } from './two-backups.js'
import { openWorkshop } from './workshop.js'

const statusRows = (stdout: Buffer): readonly string[] =>
  String(stdout)
    .split('\n')
    .filter((line) => / \| /.test(line))
    .slice(1)
    .map((line) => line.replaceAll(/ +/g, ' ').trim())

void t.test('a guid that is not the stream’s', { skip: NO_ZFS }, async (t) => {
  const { pool, bucket, z3, create, take, snapshots, dataset, key } = await openTwoBackups(
    t,
    'guid',
  )
  const objects = new Map(bucket.fake.objects)
  const wrong = (snapshot: string, metadata: Record<string, string>) => {
    const object = objects.get(key(snapshot))
    if (!object) throw new Error('not stored')
    bucket.fake.objects.set(key(snapshot), {
      ...object,
      metadata: { ...object.metadata, ...metadata },
    })
  }
  const cases = [
    ['a', { guid: '4711' }, { 'parent-guid': '4711' }],
    ['b', { guid: '4711' }, {}],
  ] as const
  for (const [snapshot, metadata, next] of cases) {
    await t.test(`of @${snapshot}`, async (t) => {
      for (const [name, object] of objects) bucket.fake.objects.set(name, object)
      wrong('b', next)
      wrong(snapshot, metadata)
      // the objects have the ETags that they had
      const fresh = { XDG_CACHE_HOME: t.testdir({}) }
      const into = `${pool.name}/wrong-${snapshot}`
      const message = `object '${key(snapshot)}' contains another snapshot than its metadata says: guid `
      const { code, stdout, stderr } = await z3(['restore', `${dataset}@b`, '--into', into], fresh)
      t.equal(code, 3, stderr)
      t.match(stderr, message)
      t.equal(String(stdout), '')
      t.not((await pool.shell(`zfs list '${into}'`)).code, 0, 'nothing is there')

      await create(into)
      await take(into, 'mine')
      const forced = await z3(['restore', `${dataset}@b`, `--into=${into}`, '--force'], fresh)
      t.equal(forced.code, 3, forced.stderr)
      t.strictSame(await snapshots(into), ['mine'])
      const beside = `zfs list '${into}.z3-restore'`
      t.not((await pool.shell(beside)).code, 0, 'nor beside it')
    })
  }
})

void t.test('metadata that lie', { skip: NO_ZFS }, async (t) => {
  const shop = await openWorkshop(t, 'lie')
  const { pool, bucket, z3, create, take } = shop
  const dataset = `${pool.name}/data`
  await create(dataset)
  await take(dataset, 'a', 'b')
  const sum = await pool.sum(dataset)
  const stream = async (filter: string, ...args: string[]) => {
    const { code, stdout, stderr } = await pool.shell(
      `set -o pipefail; zfs send ${args.join(' ')} | ${filter}`,
    )
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  // compressor of the metadata, what made the object, what is said
  const cases = [
    ['zstd', 'cat', 'an uncompressed stream'],
    ['foo', 'cat', 'an uncompressed stream'],
    ['NONE', 'cat', undefined],
    ['None', 'cat', undefined],
    ['PIGZ1', 'cat', 'an uncompressed stream'],
    ['xz', 'gzip -c', 'gzip'],
    ['lzop', 'bzip2 -c', 'bzip2'],
    ['zstd3', 'zstd -q -3 -T0', undefined],
    ['pbzip2', 'bzip2 -c', undefined],
    ['lz4', 'lz4 -q -c', undefined],
  ] as const
  for (const [compressor, filter, is] of cases) {
    await t.test(`${compressor}, in truth ${filter}`, async (t) => {
      const prefix = `${compressor}-${filter.slice(0, 3)}`
      bucket.fake.put(`${prefix}/${dataset}@a`, await stream(filter, `${dataset}@a`), {
        isfull: 'true',
        compressor,
      })
      bucket.fake.put(`${prefix}/${dataset}@b`, await stream(filter, '-i', '@a', `${dataset}@b`), {
        parent: `${dataset}@a`,
        compressor,
      })
      const on = (...args: string[]) => z3([...args, '--s3-prefix', prefix])
      for (const time of compressor === 'xz' ? ['first', 'from the cache'] : ['first']) {
        const status = await on('status', dataset, '--check')
        t.equal(status.code, 0, `${time}: ${status.stderr}`)
        t.match(statusRows(status.stdout), [/ full \| ok /, / ok /])
        if (is === undefined) t.notMatch(status.stderr, 'its metadata')
        else {
          t.match(status.stderr, `its metadata says compressor "${compressor}", and it is ${is}`)
        }
      }
      const into = `${pool.name}/back`
      const dry = await on('restore', `${dataset}@b`, '--into', into, '-n')
      t.equal(dry.code, 0, dry.stderr)
      const back = await on('restore', `${dataset}@b`, '--into', into)
      t.equal(back.code, 0, back.stderr)
      if (is !== undefined) t.match(back.stderr, `and it is ${is}`)
      t.equal(await pool.sum(into), sum)
      await pool.must('zfs destroy -r "$INTO"', { INTO: into })
    })
  }

  await t.test('what nobody can read', async (t) => {
    bucket.fake.put(`no/${dataset}@a`, 'what is this', {
      isfull: 'true',
      compressor: 'foo',
    })
    const on = (...args: string[]) => z3([...args, '--s3-prefix', 'no'])
    const status = await on('status', dataset, '--check')
    t.equal(status.code, 3)
    t.match(statusRows(status.stdout), [/ bad metadata /])
    t.match(status.stderr, "unknown compressor 'foo'")
    const back = await on('restore', '--latest', dataset)
    t.equal(back.code, 4, back.stderr)
  })

  await t.test('one that is archived is believed', async (t) => {
    const key = `cold/${dataset}@a`
    bucket.fake.put(key, 'x', { isfull: 'true', compressor: 'zstd' })
    bucket.fake.faults = ({ op }) =>
      op === 'GetObject' ? { status: 403, code: 'InvalidObjectState' } : undefined
    const on = (...args: string[]) => z3([...args, '--s3-prefix', 'cold'])
    const status = await on('status', dataset)
    t.equal(status.code, 0, status.stderr)
    t.match(statusRows(status.stdout), [/ full \| ok /])
    const back = await on('restore', `${dataset}@a`, `--into=${pool.name}/cold`)
    t.equal(back.code, 1)
    t.match(back.stderr, /archive/i)
    bucket.fake.faults = undefined
  })
})

void t.test('streams of the fork', { skip: NO_ZFS }, async (t) => {
  const shop = await openWorkshop(t, 'fork')
  const { pool, bucket, z3, create, snapshots, get } = shop
  // the agent's socket has no more than 108 bytes for its path
  const GNUPGHOME = mkdtempSync(join(tmpdir(), 'z3-gpg-'))
  await pool.must(
    `gpg --batch -q --passphrase '' --quick-gen-key z3-test default default never 2> "$GNUPGHOME/log" ||
       { cat "$GNUPGHOME/log" >&2; exit 1; }`,
    { GNUPGHOME },
  )
  t.teardown(() => pool.shell('gpgconf --kill all; rm -r "$GNUPGHOME"', { GNUPGHOME }))
  const dataset = `${pool.name}/data`
  await create(dataset, '-o', `mountpoint=/${pool.name}/elsewhere`)
  await create(`${dataset}/child`)
  const write = (name: string, snapshot: string) =>
    pool.must(
      `"$RUN" sh -c 'echo "$2" > "$1/$2"' sh "$(zfs get -H -o value mountpoint "$NAME")" ${snapshot}`,
      { NAME: name },
    )
  const steps = [
    ['a', ''],
    ['b', '-i @a'],
    ['c', '-i @b'],
  ] as const
  const layouts = [
    ['zstd3', 'zstd -q -3 -T0 | gpg --batch -q -e -r z3-test', 'gpg'],
    ['pbzip2', 'bzip2 -c', undefined],
  ] as const
  for (const [snapshot, from] of steps) {
    await write(dataset, snapshot)
    await write(`${dataset}/child`, `child-${snapshot}`)
    await pool.must(`zfs snapshot -r "$DATASET@${snapshot}"`, {
      DATASET: dataset,
    })
    for (const [compressor, filter, encryptor] of layouts) {
      const { code, stdout, stderr } = await pool.shell(
        `set -o pipefail; zfs send -R ${from} "$DATASET@${snapshot}" | ${filter}`,
        { GNUPGHOME, DATASET: dataset },
      )
      t.equal(code, 0, stderr)
      bucket.fake.put(`${compressor}/${dataset}@${snapshot}`, stdout, {
        size: '50000',
        ...(from === '' ? { isfull: 'true' } : { parent: `${dataset}@${from.slice(4)}` }),
        compressor,
        ...(encryptor === undefined ? {} : { encryptor }),
      })
    }
  }
  for (const [compressor] of layouts) {
    await t.test(compressor, async (t) => {
      const on = (...args: string[]) => z3([...args, '--s3-prefix', compressor], { GNUPGHOME })
      const status = await on('status', dataset, '--check')
      t.equal(status.code, 0, status.stderr)
      const into = `${pool.name}/back`
      const first = await on('restore', `${dataset}@b`, '--into', into)
      t.equal(first.code, 0, first.stderr)
      t.match(first.stderr, 'replication streams')
      t.equal(String(first.stdout), `restored ${into}@a\nrestored ${into}@b\n`)
      const { code, stderr } = await on('restore', `${dataset}@c`, `--into=${into}`)
      t.equal(code, 0, stderr)
      for (const [one, other] of [
        [into, dataset],
        [`${into}/child`, `${dataset}/child`],
      ] as const) {
        t.strictSame(await snapshots(one), ['a', 'b', 'c'])
        t.equal(await get(`${one}@c`, 'guid'), await get(`${other}@c`, 'guid'))
      }
      t.equal(await get(into, 'mountpoint'), `/${into}`, 'a copy is not mounted over the original')
      t.equal(await get(into, 'mounted'), 'yes')

      await pool.must('zfs rollback -r "$INTO@a"; zfs snapshot "$INTO@mine"', {
        INTO: into,
      })
      const forced = await on('restore', `${dataset}@c`, `--into=${into}`, '--force')
      t.equal(forced.code, 3)
      t.match(forced.stderr, 'and z3 does not use --force for it')
      t.strictSame(await snapshots(into), ['a', 'mine'])
      await pool.must('zfs destroy -r "$INTO"', { INTO: into })
    })
  }

  await t.test('a backup goes on from there', async (t) => {
    await write(dataset, 'd')
    await pool.must('zfs snapshot "$DATASET@d"', { DATASET: dataset })
    const on = (...args: string[]) => z3([...args, '--s3-prefix', 'pbzip2'])
    const backup = await on('backup', dataset)
    t.equal(backup.code, 0, backup.stderr)
    const into = `${pool.name}/all`
    const back = await on('restore', '--latest', dataset, '--into', into)
    t.equal(back.code, 0, back.stderr)
    t.strictSame(await snapshots(into), ['a', 'b', 'c', 'd'])
    t.equal(await get(`${into}@d`, 'guid'), await get(`${dataset}@d`, 'guid'))
  })
})
