import { NO_ZFS } from '@z3/fixtures'
import t from 'tap'
import { isLocked, withLock } from '@z3/cli'
import { openWorkshop } from './workshop.js'

const never = new AbortController().signal

/** Needs every kind of quoting. */
const PREFIX = `it's "a" $HOME`

const lines = (output: Buffer): readonly string[] =>
  String(output)
    .split('\n')
    .filter((line) => line !== '')

void t.test('a dry run of a backup', { skip: NO_ZFS }, async (t) => {
  const { pool, bucket, z3, paste, create, take } = await openWorkshop(t, 'dry')
  const dataset = `${pool.name}/with a blank`
  await create(dataset)
  await take(dataset, 'a')
  const backup = (prefix: string, ...args: string[]) =>
    z3(['backup', dataset, '--s3-prefix', prefix, ...args])
  const place = (bucket: string) => ({
    dataset,
    destination: `bucket 'bucket' at ${bucket}\nz3-backup/`,
  })
  const keysUnder = (prefix: string) =>
    [...bucket.fake.objects.keys()].filter((key) => key.startsWith(prefix))
  t.equal((await backup('real')).code, 0)
  t.equal((await backup(PREFIX)).code, 0)
  await take(dataset, 'b', 'c')

  const before = new Map(bucket.fake.objects)
  const requests = bucket.fake.requests.length
  const dry = await backup(PREFIX, '--dry-run')
  t.equal(dry.code, 0, dry.stderr)
  const pasted = lines(dry.stdout)
  t.equal(pasted.length, 2, 'no success line')
  t.match(pasted, [
    new RegExp(`^pput .*@b' -- bash -o pipefail -c .*zfs send -i .*@a.*@b`),
    new RegExp(`^pput .*@c' -- bash -o pipefail -c .*zfs send -i .*@b.*@c`),
  ])
  t.equal(dry.stderr, '')
  t.strictSame(bucket.fake.objects, before, 'nothing was stored')
  t.equal(bucket.fake.uploads.size, 0)
  t.equal(await isLocked(place(bucket.endpoint)), false)
  t.strictSame(
    bucket.fake.requests.slice(requests).map(({ op }) => op),
    ['ListObjectsV2', 'HeadObject', 'ListMultipartUploads'],
    'it only looks',
  )

  await t.test('takes no lock', async (t) => {
    await withLock(
      place(bucket.endpoint),
      never,
      () => undefined,
      async () => {
        const { code } = await z3(['backup', dataset])
        t.equal(code, 5, 'a real run would')
        const { code: dryCode, stderr } = await z3(['backup', dataset, '-n'])
        t.equal(dryCode, 0, stderr)
      },
    )
  })

  await t.test('commits nothing that zfs did not finish', async (t) => {
    const path = t.testdir({
      zfs: `#!/bin/bash
[ "$1" = send ] || exec "$ZFS" "$@"
"$ZFS" "$@" | head -c 1000
echo 'zfs: no more' >&2
exit 1
`,
    })
    const [first = ''] = pasted
    const { code, stderr } = await paste(`
      chmod +x '${path}/zfs'
      export ZFS=$(command -v zfs)
      PATH='${path}':$PATH
      ${first}`)
    t.equal(code, 1)
    t.match(stderr, 'zfs: no more')
    t.strictSame(bucket.fake.objects, before)
    t.equal(bucket.fake.uploads.size, 0)
  })

  await t.test('each line does what it says', async (t) => {
    for (const line of pasted) {
      const { code, stderr } = await paste(line)
      t.equal(code, 0, stderr)
    }
    t.equal((await backup('real')).code, 0)
    const names = ['a', 'b', 'c'].map((snapshot) => `/${dataset}@${snapshot}`)
    t.strictSame(
      keysUnder(PREFIX),
      names.map((name) => `${PREFIX}${name}`),
    )
    for (const name of names) {
      const { metadata } = await bucket.head(`${PREFIX}${name}`)
      t.strictSame(metadata, (await bucket.head(`real${name}`)).metadata)
    }
    const into = `${pool.name}/back`
    const args = ['restore', `${dataset}@c`, '--into', into]
    const back = await z3([...args, '--s3-prefix', PREFIX])
    t.equal(back.code, 0, back.stderr)
    t.equal(await pool.sum(into), await pool.sum(dataset))
  })

  await t.test('nothing is left to do', async (t) => {
    const { code, stdout } = await backup(PREFIX, '--dry-run')
    t.equal(code, 0)
    t.equal(String(stdout), '')
  })

  await t.test('without a filter there is no shell', async (t) => {
    const { stdout } = await backup('none', '-n', '--newest-only', '--compressor', 'none')
    const [line = '', ...others] = lines(stdout)
    t.strictSame(others, [])
    t.match(
      line,
      /^pput .* -- bash .*zfs send .*@c.* \| zstream-verify --guid \d+ --parent-guid none'$/,
    )
    const bare = await backup(
      'none',
      '-n',
      '--newest-only',
      '--compressor',
      'none',
      '--verify-stream',
      'no',
    )
    t.match(String(bare.stdout), /^pput .* -- zfs send '[^']*@c'$/m)
    const { code, stderr } = await paste(line)
    t.equal(code, 0, stderr)
    const { metadata } = await bucket.head(`none/${dataset}@c`)
    t.match(metadata, { isfull: 'true', compressor: undefined })
  })

  await t.test('secrets stay where they are', (t) => {
    t.notMatch(String(dry.stdout), 'SECRETTEST')
    t.notMatch(String(dry.stdout), 'AKIDTEST')
    t.end()
  })
})

void t.test('a dry run of a restore', { skip: NO_ZFS }, async (t) => {
  const { pool, bucket, z3, paste, create, take, snapshots, get } = await openWorkshop(t, 'dryr')
  const dataset = `${pool.name}/with a blank`
  const into = `${pool.name}/back again`
  await create(dataset)
  await take(dataset, 'a', 'b')
  t.equal((await z3(['backup', dataset, '--snapshot', 'a'])).code, 0)
  t.equal((await z3(['backup', dataset])).code, 0)

  await t.test('into nothing', async (t) => {
    const requests = bucket.fake.requests.length
    const args = ['restore', `${dataset}@b`, '--into', into]
    const dry = await z3([...args, '--dry-run'])
    t.equal(dry.code, 0, dry.stderr)
    const pasted = lines(dry.stdout)
    t.match(pasted, [
      /^z3-get .*@a' \| pigz -d \| zfs receive -u '[^']*back again@a'$/,
      /^z3-get .*@b' \| pigz -d \| zfs receive -u '[^']*back again@b'$/,
      /^zfs mount '[^']*back again'$/,
    ])
    t.equal(pasted.length, 3)
    t.notOk(
      bucket.fake.requests.slice(requests).some(({ op }) => op === 'GetObject'),
      'nothing is fetched',
    )
    await t.rejects(get(into, 'type'), 'nothing is received')
    const { code, stderr } = await paste(`set -e\n${pasted.join('\n')}`)
    t.equal(code, 0, stderr)
    t.strictSame(await snapshots(into), ['a', 'b'])
    t.equal(await pool.sum(into), await pool.sum(dataset))
  })

  await t.test('what is there already', async (t) => {
    await pool.must('zfs destroy "$INTO@b"; zfs rollback "$INTO@a"', {
      INTO: into,
    })
    const args = ['restore', `${dataset}@b`, '--into', into, '--dry-run']
    const dry = await z3([...args, '--force'])
    t.equal(dry.code, 0, dry.stderr)
    const pasted = lines(dry.stdout)
    t.match(pasted, [/@b' \| pigz -d \| zfs receive -u -F .*@b'$/])
    t.equal(pasted.length, 1, 'it is mounted')
    const { code, stderr } = await paste(`set -e\n${pasted.join('\n')}`)
    t.equal(code, 0, stderr)
    t.equal(await pool.sum(into), await pool.sum(dataset))
  })

  await t.test('in place of another', async (t) => {
    const other = `${pool.name}/other`
    await create(other)
    await take(other, 'x')
    const args = ['restore', `${dataset}@a`, '--into', other, '--force']
    const dry = await z3([...args, '--dry-run', '--unmounted'])
    t.equal(dry.code, 0, dry.stderr)
    t.match(dry.stderr, /its 1 snapshot, .* will be put aside/)
    const pasted = lines(dry.stdout)
    t.match(pasted, [
      /zfs receive -u \S*\/other\.z3-restore@a$/,
      /^zfs rename (\S*\/other) \1\.z3-replaced-\d{8}T\d{6}Z$/,
      /^zfs rename (\S*\/other)\.z3-restore \1$/,
    ])
    t.equal(pasted.length, 3)
    t.strictSame(await snapshots(other), ['x'])
    const { code, stderr } = await paste(`set -e\n${pasted.join('\n')}`)
    t.equal(code, 0, stderr)
    t.strictSame(await snapshots(other), ['a'])
    t.equal(await get(other, 'mounted'), 'no')
  })
})
