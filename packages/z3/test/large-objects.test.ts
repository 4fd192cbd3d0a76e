/** Streams that exceed one object. */
import { AWS_PART_LIMITS, MIB, partSchedule } from '@z3/core'
import {
  fakeBucket,
  NO_SERVER,
  NO_ZFS,
  OPEN,
  pattern,
  runBinary,
  serverBucket,
  startBinary,
  testIo,
  testPool,
  testServers,
  until,
} from '@z3/fixtures'
import { openStore, upload } from '@z3/s3'
import t, { type Test } from 'tap'
import { main } from '../src/main.js'
import { z3On } from './setup.js'

const PREFIX = 'z3-backup/'
const LIMIT = 2 * MIB
const DAY = 86_400_000

const open = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const home = t.testdir({})
  const store = await openStore(
    { kind: 's3', bucket: 'bucket' },
    {
      endpoint: fake.endpoint,
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
      connections: 4,
      maxObject: LIMIT,
    },
  )
  t.teardown(() => {
    store.close()
  })
  return {
    fake,
    z3: async (...args: readonly string[]) => {
      const io = testIo({ ...bucket.env, HOME: home, MAX_RETRIES: '1', Z3_MANIFEST: 'no' })
      const code = await main(args, io)
      return { code, stdout: io.out(), stderr: io.err() }
    },
    store: (name: string, bytes: number, metadata: Readonly<Record<string, string>>) => {
      const data = pattern(bytes)
      let at = 0
      const source = {
        fill: (into: Uint8Array, onChunk: (chunk: Uint8Array) => void) => {
          const chunk = data.subarray(at, at + into.byteLength)
          into.set(chunk)
          onChunk(into.subarray(0, chunk.byteLength))
          at += chunk.byteLength
          return Promise.resolve(chunk.byteLength)
        },
        close: () => undefined,
      }
      return upload(store, () => source, {
        key: `${PREFIX}${name}`,
        schedule: partSchedule({ chunkSize: MIB }, AWS_PART_LIMITS, 8 * MIB),
        concurrency: 2,
        memory: 8 * MIB,
        metadata,
        overwrite: false,
        commit: () => Promise.resolve(),
      })
    },
    names: () => [...fake.objects.keys()].map((key) => key.slice(PREFIX.length)).sort(),
  }
}

void t.test('every report takes them for one', async (t) => {
  const { fake, z3, store } = await open(t)
  const size = 2 * LIMIT + 100
  await store('tank/a@day-1', size, { isfull: 'true', guid: '1', created: '1700000000' })
  fake.put(`${PREFIX}tank/a@day-2`, 'x', { parent: 'tank/a@day-1', guid: '2' })
  const listed = JSON.parse((await z3('list', '--json')).stdout) as object
  t.match(listed, { datasets: [{ dataset: 'tank/a', snapshots: 2, bytes: size + 1 }] })

  const sheet = await z3('recovery-sheet')
  t.equal(sheet.code, 0, sheet.stderr)
  const key = `${PREFIX}tank/a@day-1`.replace('@', '%40')
  t.match(
    sheet.stdout,
    `\n{ get ${key} && get ${key}.z3%2B001 && get ${key}.z3%2B002; } | zfs receive -u "$into"tank/a@day-1\n`,
  )

  const verified = await z3('verify', '--level', 'data', 'tank/a@day-1')
  t.equal(verified.code, 0, verified.stderr)

  const pruned = await z3('prune', 'tank/a', '--retention', '1', '--snapshot-prefix', '')
  t.equal(pruned.code, 0, pruned.stderr)
  t.ok(fake.objects.has(`${PREFIX}tank/a@day-1.z3+002`), 'day-2 builds on it')

  fake.objects.delete(`${PREFIX}tank/a@day-1.z3+001`)
  const damaged = await z3('list', '--json')
  t.match(JSON.parse(damaged.stdout), { datasets: [{ not_healthy: 2, newest_good: null }] })
  const found = await z3('verify', 'tank/a@day-1')
  t.equal(found.code, 3, found.stdout)
  t.match(`${found.stdout}${found.stderr}`, `'${PREFIX}tank/a@day-1.z3+001' does not exist`)
  t.equal((await z3('cleanup', '--older-than', '1s')).code, 0)
  t.ok(fake.objects.has(`${PREFIX}tank/a@day-1.z3+002`), 'what a damaged object has stays')
})

void t.test('prune deletes all of it', async (t) => {
  const { fake, z3, store, names } = await open(t)
  const size = LIMIT + 100
  await store('tank/a@day-1', size, { isfull: 'true', guid: '1', created: '1700000000' })
  await store('tank/a@day-2', size, { isfull: 'true', guid: '2', created: '1700086400' })
  const { code, stderr } = await z3('prune', 'tank/a', '--retention', '1', '--snapshot-prefix', '')
  t.equal(code, 0, stderr)
  t.same(names(), ['tank/a@day-2', 'tank/a@day-2.z3+001'])
  t.same(fake.requests.flatMap(({ op, key }) => (op === 'DeleteObject' ? [key] : [])).slice(0, 2), [
    `${PREFIX}tank/a@day-1`,
    `${PREFIX}tank/a@day-1.z3+001`,
  ])
})

void t.test('cleanup deletes continuations without an object', async (t) => {
  const { fake, z3, store, names } = await open(t)
  const full = { isfull: 'true' }
  for (const name of ['tank/a@whole', 'tank/a@dead', 'tank/a@anew', 'tank/a@young']) {
    await store(name, LIMIT + 100, full)
  }
  for (const name of ['tank/a@dead', 'tank/a@young']) fake.objects.delete(`${PREFIX}${name}`)
  // uploaded again after the crash, and smaller
  fake.objects.delete(`${PREFIX}tank/a@anew`)
  await store('tank/a@anew', 100, full)
  // of another program, and the parts of a damaged object
  fake.put(`${PREFIX}tank/a@x.z3+001`, 'x')
  await store('tank/a@cut', 2 * LIMIT + 100, full)
  fake.objects.delete(`${PREFIX}tank/a@cut.z3+001`)
  const all = names()
  for (const [key, object] of fake.objects) {
    const days = key.includes('young') ? 0.5 : 2
    fake.objects.set(key, { ...object, modified: new Date(Date.now() - days * DAY) })
  }
  const GONE = ['tank/a@anew.z3+001', 'tank/a@dead.z3+001']

  const dry = await z3('cleanup', '-n')
  t.equal(dry.code, 0, dry.stderr)
  t.same(
    dry.stdout
      .trimEnd()
      .replace(/, written .* ago$/gm, '')
      .split('\n'),
    [
      ...GONE.map((name) => `${PREFIX}${name}: would delete, its object is gone`),
      `${PREFIX}tank/a@young.z3+001: skipped, its object is gone`,
    ],
  )
  t.same(names(), all)
  // an upload on another host may complete its object next
  const uploadId = 'active'
  fake.uploads.set(uploadId, {
    ...{ uploadId, key: `${PREFIX}tank/a@dead`, metadata: {}, storageClass: undefined },
    ...{ initiated: new Date(), checksum: false, parts: new Map() },
  })
  t.match((await z3('cleanup')).stdout, 'tank/a@dead.z3+001: skipped')
  t.same(
    names(),
    all.filter((name) => name !== 'tank/a@anew.z3+001'),
  )
  fake.uploads.clear()
  t.equal((await z3('cleanup')).code, 0)
  t.same(
    names(),
    all.filter((name) => !GONE.includes(name)),
  )
})

const server = testServers().find(({ kind, name }) => kind === 'rgw' && name === 'rgw')

void t.test(
  'real streams on a real server',
  { skip: NO_ZFS || (server === undefined && NO_SERVER) },
  async (t) => {
    if (!server) throw new Error(NO_SERVER)
    const bucket = await serverBucket(server)
    t.teardown(() => bucket.close())
    const pool = await testPool('large')
    t.teardown(() => pool.close())
    const data = `${pool.name}/data`
    await pool.must('zfs create "$D"', { D: data })
    const take = (snapshot: string, mib: number) =>
      pool.must(
        '"$RUN" sh -c \'head -c "$3" /dev/urandom > "$1/$2"\' sh "/$D" "$S" "$M"; zfs snapshot "$D@$S"',
        { D: data, S: snapshot, M: String(mib * MIB) },
      )
    await take('day-1', 45)
    const sum = await pool.sum(data)
    const files = t.testdir({ bucket: {}, home: {} })
    const env = { Z3_MAX_OBJECT: '20M', COMPRESSOR: 'none', Z3_MANIFEST: 'yes' }
    for (const store of [
      { name: 'radosgw', env: bucket.env, levels: ['head', 'data', 'stream'] },
      { name: 'files', env: { BUCKET: `file://${files}/bucket` }, levels: ['data'] },
    ]) {
      const z3 = z3On(store, `${files}/home`)
      const must = async (...args: readonly string[]) => {
        const { code, stdout, stderr } = await z3(args, env)
        t.equal(code, 0, `${store.name}: z3 ${args.join(' ')}: ${stderr}`)
        return String(stdout)
      }
      await must('backup', data)
      const key = `${PREFIX}${data}@day-1`
      const parts = [key, `${key}.z3+001`, `${key}.z3+002`]
      const shown = JSON.parse(await must('status', data, '--json', '--check')) as {
        snapshots: readonly { bytes?: number; health: string }[]
      }
      t.equal(shown.snapshots.length, 1)
      t.match(JSON.stringify(shown), '"ok"')
      for (const level of store.levels) await must('verify', data, '--level', level)
      const into = `${pool.name}/back`
      await must('restore', '--latest', data, '--into', into)
      t.equal(await pool.sum(into), sum, store.name)
      await pool.must('zfs destroy -r "$D"', { D: into })
      const environment = { ...store.env, HOME: `${files}/home` }
      const whole = await runBinary('z3-get', [key], { env: environment })
      const joined = await runBinary('z3-get', [...parts.slice(1)], { env: environment })
      t.equal(whole.code, 0, whole.stderr)
      t.ok(whole.stdout.subarray(20 * MIB).equals(joined.stdout), 'the rest of it')
    }
    t.ok((await bucket.keys()).includes(`${PREFIX}${data}@day-1.z3+002`))

    // killed in the second object
    await take('day-2', 45)
    const key = `${PREFIX}${data}@day-2`
    const { child, ended } = startBinary('pput', ['--max-object', '20M', key], {
      env: bucket.env,
      stdin: OPEN,
    })
    child.stdin?.write(Buffer.alloc(32 * MIB, 1))
    await until('the second object', async () => (await bucket.pending()).includes(`${key}.z3+001`))
    child.kill('SIGKILL')
    t.equal((await ended).signal, 'SIGKILL')
    t.same((await bucket.pending()).sort(), [key, `${key}.z3+001`])
    t.notOk(
      (await bucket.keys()).some((name) => name.includes('day-2')),
      'nothing is stored',
    )
    const z3 = z3On(bucket, `${files}/home`)
    // the server's clock has whole seconds: a part of this second may be from its future
    await until('nothing is pending', async () => {
      const cleaned = await z3(['cleanup', '--older-than', '0s'], env)
      t.equal(cleaned.code, 0, cleaned.stderr)
      return (await bucket.pending()).length === 0
    })

    const full = await z3(['backup', '--full', data], env)
    t.equal(full.code, 0, full.stderr)
    const pruned = await z3(['prune', data, '--retention', '1'], env)
    t.equal(pruned.code, 0, pruned.stderr)
    t.notOk((await bucket.keys()).some((name) => name.includes('day-1')))
    t.equal((await bucket.keys()).filter((name) => name.includes('day-2.z3+')).length, 4)
  },
)
