import { open, readdir, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { fakeBucket, runBinary } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { parseBucket } from '@z3/config'
import { openStore } from '@z3/s3'
import { StreamWriter } from '../../zstream/test/make-stream.js'
import { putObject } from './put-object.js'
import { z3On } from './setup.js'

const DIR = 'z3-backup/tank'

/** A stream of some hundred KiB. */
const stream = (toguid: bigint, fromguid = 0n): Buffer => {
  const writer = new StreamWriter().begin({ 40: toguid, 48: fromguid })
  for (let i = 0; i < 10; i += 1) {
    writer.add({
      kind: 'WRITE',
      fields: { 32: 32_768n, 40: toguid },
      payload: Buffer.alloc(32_768, i),
    })
  }
  return writer.end(toguid).bytes
}

const TOOLS = { PATH: process.env['PATH'] ?? '' }

const setup = (t: Test) => {
  const dir = t.testdir({ store: {}, home: {} })
  const env = { BUCKET: `file://${dir}/store`, ...TOOLS }
  const put = async (name: string, stdin: Buffer, ...meta: readonly string[]): Promise<void> => {
    const store = await openStore(parseBucket(env.BUCKET), { connections: 1 })
    const pairs = meta.map((item) => item.split('=') as [string, string])
    const metadata = Object.fromEntries(pairs)
    await putObject(store, `${DIR}/${name}`, stdin, metadata).finally(() => {
      store.close()
    })
  }
  const run = z3On({ env }, `${dir}/home`)
  const verify = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run(['verify', ...args])
    const rows = String(stdout)
      .split('\n')
      .filter((line) => line.includes(' | '))
      .slice(1)
      .map((line) => line.split(' | ').map((column) => column.trim()))
      .map(([name, level, result]) => [name, level, result].join(' '))
    return { code, rows, stdout: String(stdout), stderr }
  }
  /** Change one byte of an object behind the back of the store. */
  const damage = async (name: string, at: number): Promise<void> => {
    const files = await readdir(`${dir}/store/${DIR}`)
    const file = files.find((one) => one.startsWith(`${name}.`) && !one.endsWith('.json')) ?? ''
    const handle = await open(`${dir}/store/${DIR}/${file}`, 'r+')
    await handle.write(Buffer.from([0x5a]), 0, 1, at)
    await handle.close()
  }
  return { put, verify, damage, dir, env }
}

/** A full backup, two increments, and a full one that stands alone. */
const chain = async (t: Test) => {
  const scene = setup(t)
  const { put } = scene
  await put('data@a', gzipSync(stream(1n)), 'isfull=true', 'guid=1', 'compressor=gzip')
  await put('data@b', stream(2n, 1n), 'parent=tank/data@a', 'guid=2', 'parent-guid=1')
  await put('data@c', stream(3n, 2n), 'parent=tank/data@b', 'guid=3', 'parent-guid=2')
  await put('data@d', stream(4n), 'isfull=true', 'guid=4')
  return scene
}

void t.test('sound at every level', async (t) => {
  const { verify } = await chain(t)
  for (const level of ['head', 'data', 'stream']) {
    const { code, rows, stderr } = await verify('--level', level, 'tank/data')
    t.equal(code, 0, stderr)
    t.strictSame(
      [...rows].sort(),
      ['a', 'b', 'c', 'd'].map((name) => `tank/data@${name} ${level} ok`),
    )
    t.match(stderr, /^z3: 4 ok, 0 with a problem, 0 left for a later run/m)
  }
  const one = await verify('tank/data@b')
  t.strictSame([...one.rows].sort(), ['tank/data@a stream ok', 'tank/data@b stream ok'])
})

void t.test('a byte that was changed behind our back', async (t) => {
  const { verify, damage, env } = await chain(t)
  await damage('data@b', 100_000)
  t.equal((await verify('--level', 'head', 'tank/data')).code, 0, 'which nobody can see')
  for (const level of ['data', 'stream']) {
    const { code, rows, stderr } = await verify('--level', level, 'tank/data')
    t.equal(code, 3)
    t.strictSame([...rows].sort(), [
      `tank/data@a ${level} ok`,
      `tank/data@b ${level} damaged`,
      `tank/data@c ${level} ok`,
      `tank/data@d ${level} ok`,
    ])
    t.match(stderr, /^z3: tank\/data@b: damaged: .+/m)
    t.match(stderr, /^z3: tank\/data: can no longer be restored: b, c$/m)
    t.match(stderr, /^z3: tank\/data: can still be restored: a, d$/m)
  }
  const json = await verify('--json', 'tank/data@c')
  t.equal(json.code, 3)
  t.match(JSON.parse(json.stdout), {
    status: 'doubt',
    datasets: [{ dataset: 'tank/data', restorable: ['a', 'd'], lost: ['b', 'c'] }],
  })
  t.equal((await verify('tank/data@d')).code, 0, 'the other chain')
  const got = await runBinary('z3-get', ['-q', `${DIR}/data@b`], { env })
  t.equal(got.code, 3)
  t.ok(got.stdout.byteLength < stream(2n, 1n).byteLength, 'its end is not passed on')
})

void t.test('a byte in what is compressed', async (t) => {
  const { verify, damage } = await chain(t)
  await damage('data@a', 300)
  for (const level of ['data', 'stream']) {
    const { code, stderr } = await verify('--level', level, 'tank/data')
    t.equal(code, 3)
    t.match(stderr, /tank\/data@a: damaged: /)
    t.match(stderr, /can no longer be restored: a, b, c$/m)
  }
})

void t.test('sound bytes of another snapshot', async (t) => {
  const { put, verify } = setup(t)
  await put('data@a', stream(1n), 'isfull=true', 'guid=1')
  await put('data@b', stream(9n, 1n), 'parent=tank/data@a', 'guid=2', 'parent-guid=1')
  await put('data@c', stream(3n, 8n), 'parent=tank/data@b', 'guid=3', 'parent-guid=2')
  await put('data@d', stream(4n, 3n), 'isfull=true', 'guid=4')
  const { code, stderr } = await verify('tank/data')
  t.equal(code, 3)
  t.match(stderr, /@b: damaged: object '.*' holds the stream of another snapshot: .*guid 9.*2/)
  t.match(stderr, /@c: damaged: object '.*' starts from another snapshot than tank\/data@b/)
  t.match(stderr, /@d: damaged: object '.*' is not a full stream/)
})

void t.test('objects of the original z3, without guids', async (t) => {
  const { put, verify } = setup(t)
  const named = (toguid: bigint, fromguid: bigint, name: string): Buffer => {
    const fields: Record<number, bigint> = { 40: toguid, 48: fromguid }
    const text = Buffer.alloc(24)
    text.write(`tank/data@${name}`)
    for (const at of [0, 8, 16]) fields[56 + at] = text.readBigUInt64LE(at)
    return new StreamWriter().begin(fields).end(toguid).bytes
  }
  await put('data@a', named(1n, 0n, 'a'), 'isfull=true')
  await put('data@b', named(2n, 1n, 'b'), 'parent=tank/data@a')
  await put('data@c', named(3n, 7n, 'c'), 'parent=tank/data@b')
  const { code, stderr, rows } = await verify('tank/data')
  t.equal(code, 3)
  t.strictSame([...rows].sort(), [
    'tank/data@a stream ok',
    'tank/data@b stream ok',
    'tank/data@c stream damaged',
  ])
  t.match(stderr, /@c: damaged: .* starts from another snapshot than tank\/data@b: guid 7, not 2/)
})

void t.test('without the key', async (t) => {
  const { put, verify } = setup(t)
  await put('data@a', Buffer.from('age-encryption.org/v1\n…'), 'isfull=true', 'encryptor=age')
  const { code, stderr, rows } = await verify('tank/data')
  t.equal(code, 3)
  t.strictSame(rows, ['tank/data@a stream not verified'])
  t.match(stderr, /@a: not verified: it is encrypted, and .*AGE_IDENTITY.*--level data/)
  t.equal((await verify('--level', 'data', 'tank/data')).code, 0)
})

void t.test('chains that are not whole', async (t) => {
  const { put, verify } = setup(t)
  await put('data@b', stream(2n, 1n), 'parent=tank/data@a', 'guid=2', 'parent-guid=1')
  await put('data@x', stream(2n), 'nothing=known')
  const { code, stderr, rows } = await verify('tank/data')
  t.equal(code, 3)
  t.strictSame([...rows].sort(), [
    'tank/data@b stream missing parent',
    'tank/data@x stream damaged',
  ])
  t.match(stderr, /can still be restored: nothing$/m)
})

void t.test('a share of them, the least recently verified first', async (t) => {
  const { verify, put } = await chain(t)
  await put('other@a', stream(5n), 'isfull=true', 'guid=5')
  const seen = new Set<string>()
  for (let i = 0; i < 5; i += 1) {
    const { code, rows, stderr } = await verify('--all', '--sample', '20%')
    t.equal(code, 0, stderr)
    t.equal(rows.length, 1)
    t.match(stderr, '4 left for a later run')
    seen.add(rows[0] ?? '')
  }
  t.equal(seen.size, 5, 'all have had their turn')
  const none = await verify('--all', '--max-time', '0s', '--parallel', '3')
  t.equal(none.code, 0)
  t.match(none.stderr, /^z3: 0 ok, 0 with a problem, 5 left for a later run/m)
})

void t.test('what one host has verified is forgotten when the object is replaced', async (t) => {
  const { verify, put, dir, env } = setup(t)
  await put('data@a', stream(1n), 'isfull=true', 'guid=1')
  t.equal((await verify('tank/data')).code, 0)
  const verified = async (): Promise<unknown> => {
    const { stdout } = await verify('--json', '--max-time', '0s', 'tank/data')
    const { datasets } = JSON.parse(stdout) as { datasets: [{ objects: [{ verified?: string }] }] }
    return datasets[0].objects[0].verified
  }
  t.match(await verified(), /^\d{4}-/)
  const words = ['-q', '--overwrite', '--meta', 'isfull=true', `${DIR}/data@a`]
  await runBinary('pput', words, { env, stdin: Buffer.concat([stream(1n), Buffer.from('x')]) })
  t.equal(await verified(), undefined)
  const [file] = await readdir(`${dir}/home/.local/state/z3`)
  await writeFile(`${dir}/home/.local/state/z3/${file ?? ''}`, '{"version": 1, "objects": [')
  t.equal(await verified(), undefined, 'a damaged file')
})

void t.test('bad input', async (t) => {
  const { verify, put } = setup(t)
  const nothing = await verify('--all')
  t.equal(nothing.code, 4, 'an empty bucket is no verified one')
  t.match(nothing.stderr, 'there are no backups in')
  await put('data@a', stream(1n), 'isfull=true', 'guid=1')
  for (const [args, code, message] of [
    [['tank/none'], 4, 'nothing of tank/none is in'],
    [['tank/data@none'], 4, 'tank/data@none is not in the store'],
    [['--all', 'tank/data'], 2, '--all and a dataset exclude each other'],
    [['--sample', '0%', 'tank/data'], 2, "--sample: '0%' is not a percentage"],
    [['--sample', '5', 'tank/data'], 2, "--sample: '5' is not a percentage"],
    [['--max-time', '5', 'tank/data'], 2, '--max-time'],
    [['--parallel', '0', 'tank/data'], 2, "--parallel: '0' is not a number"],
    [['--level', 'deep', 'tank/data'], 2, '--level'],
    [['tank//data'], 2, 'tank//data'],
    [[], 2, 'FILESYSTEM'],
  ] as const) {
    const result = await verify(...args)
    t.equal(result.code, code, args.join(' '))
    t.match(result.stderr, message)
  }
})

void t.test('a server that cannot be reached is no damage', async (t) => {
  const bucket = await fakeBucket()
  const home = t.testdir({})
  const z3 = z3On({ env: { ...bucket.env, ...TOOLS, MAX_RETRIES: '1' } }, home)
  bucket.fake.put(`${DIR}/data@a`, stream(1n), { isfull: 'true', guid: '1' })
  bucket.fake.put(`${DIR}/data@b`, stream(2n, 1n), {
    parent: 'tank/data@a',
    guid: '2',
    'parent-guid': '1',
  })
  t.equal((await z3(['verify', 'tank/data'])).code, 0)
  bucket.fake.faults = ({ op, key }) =>
    op === 'GetObject' && key.endsWith('@b') ? { status: 500 } : undefined
  const { code, stderr, stdout } = await z3(['verify', '--json', 'tank/data'])
  t.equal(code, 1, stderr)
  t.match(JSON.parse(String(stdout)), {
    status: 'error',
    datasets: [{ objects: [{ result: 'ok' }, { result: 'skipped' }], skipped: 0 }],
  })
  bucket.fake.faults = undefined
  // the object is written anew, and the server's own checksums fit
  const changed = stream(2n, 1n)
  changed[100_000] = 0x5a
  bucket.fake.put(`${DIR}/data@b`, changed, {
    parent: 'tank/data@a',
    guid: '2',
    'parent-guid': '1',
  })
  const damaged = await z3(['verify', 'tank/data'])
  t.equal(damaged.code, 3)
  t.match(damaged.stderr, /tank\/data@b: damaged: .*checksum mismatch/)
  await bucket.close()
})
