import { appendFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { fakeBucket, runBinary } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { z3On } from './setup.js'

const KEY = 'z3-backup/tank/data'
/** No snapshot, and room for tank/new. */
const NO_SNAPSHOTS = `#!/bin/sh
case "$*" in
*tank/new*) echo "cannot open 'tank/new': dataset does not exist" >&2; exit 1 ;;
get*) printf 'available\\t1000000000\\n' ;;
esac
`

/** A zfs that has no snapshot, and a directory as the bucket. */
const setup = async (t: Test) => {
  const dir = t.testdir({ bin: {}, store: {}, home: {} })
  await writeFile(`${dir}/bin/zfs`, NO_SNAPSHOTS, { mode: 0o755 })
  const env = {
    BUCKET: `file://${dir}/store`,
    PATH: `${dir}/bin:/usr/bin:/bin`,
  }
  const put = async (snapshot: string, ...meta: readonly string[]) => {
    const words = meta.flatMap((item) => ['--meta', item])
    const { code, stderr } = await runBinary('pput', [...words, `${KEY}@${snapshot}`], {
      env,
      stdin: snapshot.repeat(1000),
    })
    if (code !== 0) throw new Error(stderr)
  }
  await put('a', 'isfull=true', 'created=1700000000')
  await put('b', 'parent=tank/data@a', 'created=1700000001')
  await put('c', 'isfull=true', 'created=1700000002')
  const z3 = z3On({ env }, `${dir}/home`)
  const status = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await z3(['status', 'tank/data', ...args])
    const health = String(stdout)
      .split('\n')
      .filter((line) => line.includes(' | '))
      .slice(1)
      .map((line) => line.split(' | ').map((column) => column.trim()))
      .map(([name = '', , , state = '']) => `${name} ${state}`)
    return { code, health, stdout: String(stdout), stderr }
  }
  const path = (snapshot: string) => `${dir}/store/${KEY}@${snapshot}`
  const data = async (snapshot: string) => {
    const names = await readdir(`${dir}/store/z3-backup/tank`)
    const name = names.find(
      (file) => file.startsWith(`data@${snapshot}.`) && !file.endsWith('.z3.json'),
    )
    return `${dir}/store/z3-backup/tank/${name ?? ''}`
  }
  return { status, path, data, z3 }
}

const sound = ['a ok', 'b ok', 'c ok']

void t.test('data that are gone, though their metadata are cached', async (t) => {
  const { status, data } = await setup(t)
  t.match(await status('--check'), { code: 0, health: sound })
  t.match(await status('--check'), { code: 0, health: sound }, 'from the cache')

  const file = await data('a')
  const changes = {
    'cut by a byte': () => truncate(file, 999),
    emptied: () => truncate(file, 0),
    grown: () => appendFile(file, 'x'.repeat(1001)),
    deleted: () => rm(file),
  }
  for (const [title, change] of Object.entries(changes)) {
    await t.test(title, async (t) => {
      await change()
      const wanted = ['a damaged', 'b parent broken', 'c ok']
      const plain = await status()
      t.strictSame([plain.code, [...plain.health].sort()], [0, wanted])
      t.match(plain.stderr, `z3: tank/data@a: damaged: the data file '${file}'`)
      t.match(plain.stderr, '3 stored, at least ')
      const check = await status('--check')
      t.strictSame([check.code, [...check.health].sort()], [3, wanted])
      t.match(check.stderr, '2 stored snapshots are not healthy')
    })
  }
})

void t.test('a damaged descriptor is one row', async (t) => {
  const { status, path, z3 } = await setup(t)
  for (const [title, text] of [
    ['cut', '{"version": 1, "key": "z3-ba'],
    ['empty', ''],
    ['of a newer version', '{"version": 9}'],
  ] as const) {
    await t.test(title, async (t) => {
      const descriptor = `${path('a')}.z3.json`
      await writeFile(descriptor, text)
      const { code, health, stderr } = await status('--check')
      t.equal(code, 3)
      t.strictSame([...health].sort(), ['a bad metadata', 'b parent broken', 'c ok'])
      t.match(stderr, `z3: tank/data@a: bad metadata: the descriptor '${descriptor}'`)
      const neighbour = await z3(['restore', 'tank/data@c', '--into', 'tank/new', '--dry-run'])
      t.equal(neighbour.code, 0, neighbour.stderr)
      t.match(String(neighbour.stdout), 'z3-backup/tank/data@c')
      const broken = await z3(['restore', 'tank/data@b', '--into', 'tank/new', '--dry-run'])
      t.equal(broken.code, 3, broken.stderr)
      t.match(broken.stderr, "broken snapshot 'tank/data@a'")
    })
  }
})

void t.test('--check asks the server for every object', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const bin = t.testdir({ home: {} })
  await writeFile(`${bin}/zfs`, NO_SNAPSHOTS, { mode: 0o755 })
  const z3 = z3On(bucket, `${bin}/home`)
  const status = (...args: readonly string[]) =>
    z3(['status', 'tank/data', ...args], { PATH: `${bin}:/usr/bin:/bin` })
  const listed = fake.put(`${KEY}@a`, 'ten bytes.', { isfull: 'true' })
  fake.put(`${KEY}@b`, 'ten bytes.', { parent: 'tank/data@a' })
  t.equal((await status('--check')).code, 0)
  fake.requests.length = 0
  t.equal((await status()).code, 0)
  t.strictSame(
    fake.requests.map(({ op }) => op),
    ['ListObjectsV2'],
    'metadata of a listed object are cached',
  )

  // what the listing shows is not what is stored
  for (const [title, stored] of [
    ['another size', { ...listed, body: Buffer.from('nine byte') }],
    ['another ETag', { ...listed, etag: '"other"' }],
  ] as const) {
    await t.test(title, async (t) => {
      fake.faults = ({ op, key }) => {
        const head = op === 'HeadObject' && key.endsWith('@a')
        fake.objects.set(`${KEY}@a`, head ? stored : listed)
        return undefined
      }
      const { code, stdout, stderr } = await status('--check')
      t.equal(code, 3, stderr)
      t.match(String(stdout), /^a .*\| damaged /m)
      t.match(stderr, /tank\/data@a: damaged: the object '\S+' is listed with/)
    })
  }
  await t.test('nothing', async (t) => {
    fake.objects.set(`${KEY}@a`, listed)
    fake.faults = ({ op, key }) =>
      op !== 'ListObjectsV2' && key.endsWith('@a') ? { status: 404, code: 'NoSuchKey' } : undefined
    const { code, stderr } = await status('--check')
    t.equal(code, 3, stderr)
    t.match(stderr, /is listed but HEAD does not find it/)
  })
  await t.test('replaced in between', async (t) => {
    fake.faults = ({ op, key }) => {
      if (op === 'HeadObject' && key.endsWith('@a')) {
        fake.put(`${KEY}@a`, 'other bytes', { isfull: 'true' })
        fake.faults = undefined
      }
      return undefined
    }
    const { code, stderr } = await status('--check')
    t.equal(code, 0, stderr)
  })
  await t.test('deleted in between', async (t) => {
    fake.faults = ({ op, key }) => {
      if (op === 'HeadObject') fake.objects.delete(key)
      return key.endsWith('@a') ? {} : undefined
    }
    const { code, stderr } = await status('--check')
    t.not(code, 0, stderr)
  })
})
