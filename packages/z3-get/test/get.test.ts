import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MIB } from '@z3/core'
import { pattern, runBinary, runShell, testIo } from '@z3/fixtures'
import t from 'tap'
import { main } from '../src/main.js'
import { get, setup } from './setup.js'

const CHUNK = 5 * MIB

void t.test('every size at the borders, byte for byte', async (t) => {
  const bucket = await setup(t)
  for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 4 * CHUNK + 7]) {
    const data = pattern(size)
    bucket.fake.put('k', data)
    const { code, stdout, stderr } = await runBinary('z3-get', ['-s', '5M', 'k'], {
      env: bucket.env,
    })
    t.equal(code, 0, `${String(size)}: ${stderr}`)
    t.ok(stdout.equals(data), `${String(size)} bytes`)
    t.equal(stderr, '')
  }
})

void t.test('few buffers, many ranges', async (t) => {
  const bucket = await setup(t)
  const data = pattern(23 * MIB + 5)
  bucket.fake.put('k', data)
  for (const args of [
    ['--max-memory', '5M', '-s', '5M'],
    ['--concurrency', '1', '-s', '5M'],
    ['--concurrency', '50', '-s', '5M'],
    [],
  ]) {
    const { code, stdout } = await runBinary('z3-get', [...args, 'k'], {
      env: bucket.env,
    })
    t.equal(code, 0)
    t.ok(stdout.equals(data), args.join(' '))
  }
})

void t.test('every range is pinned', async (t) => {
  const bucket = await setup(t)
  const { etag } = bucket.fake.put('k', pattern(12 * MIB))
  await get(t, ['-s', '5M', 'k'], bucket.env)
  const reads = bucket.fake.requests.filter(({ op }) => op === 'GetObject')
  t.same(reads.map(({ headers }) => [headers.range, headers['if-match']]).sort(), [
    ['bytes=0-5242879', etag],
    ['bytes=10485760-12582911', etag],
    ['bytes=5242880-10485759', etag],
  ])
})

void t.test('a key after --', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('-k', 'abc')
  for (const args of [
    ['--', '-k'],
    ['-q', '--', '-k'],
  ]) {
    const { status, body, err } = await get(t, args, bucket.env)
    t.equal(status, 0, err)
    t.equal(String(body), 'abc')
  }
})

void t.test('a missing key', async (t) => {
  const bucket = await setup(t)
  const { status, body, out, err } = await get(t, ['nope'], bucket.env)
  t.equal(status, 4)
  t.equal(body.length, 0)
  t.equal(out, '')
  t.match(
    err,
    /^z3-get: cannot check 'nope': no such object \(bucket 'bucket' at http[^\n]*\)\nhint: [A-Z][^\n]*\.\n$/,
  )
})

void t.test('--metadata', async (t) => {
  const bucket = await setup(t)
  const { etag } = bucket.fake.put('k', 'abc', { isfull: 'true', size: '7' })
  const { status, body } = await get(t, ['--metadata', 'k'], bucket.env)
  t.equal(status, 0)
  t.match(JSON.parse(String(body)), {
    key: 'k',
    size: 3,
    etag,
    modified: /^\d{4}-\d\d-\d\dT.*Z$/,
    metadata: { isfull: 'true', size: '7' },
  })
  t.equal((await get(t, ['--metadata', 'x'], bucket.env)).status, 4)
})

void t.test('--progress', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', pattern(10 * MIB))
  const { err } = await get(t, ['--progress', '-s', '5M', 'k'], bucket.env)
  t.equal(err, '5M of 10M (50 %)\n10M of 10M (100 %)\n')
})

void t.test('--output appears when it is whole', async (t) => {
  const bucket = await setup(t)
  const data = pattern(12 * MIB)
  bucket.fake.put('k', data)
  const dir = t.testdir({})
  const file = join(dir, 'file')
  const args = ['-s', '5M', '-o', file, 'k']
  t.equal(await main(args, testIo(bucket.env)), 0)
  t.ok(readFileSync(file).equals(data))
  t.same(readdirSync(dir), ['file'])
  // and is replaced only by another whole one
  bucket.fake.faults = ({ op, nth }) =>
    op === 'GetObject' && nth > 4 ? { status: 403, code: 'AccessDenied' } : undefined
  t.equal(await main(args, testIo(bucket.env)), 1)
  t.ok(readFileSync(file).equals(data), 'the old one stands')
  t.same(readdirSync(dir), ['file'], 'nothing half-done beside it')
})

void t.test('--output never takes the place of what is no file', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', 'new')
  const dir = t.testdir({ directory: {}, file: 'old' })
  await runShell(`mkfifo ${dir}/fifo`)
  for (const [name, message] of [
    ['fifo', 'is not a file'],
    ['directory', 'is a directory'],
  ] as const) {
    const io = testIo(bucket.env)
    t.equal(await main(['-o', join(dir, name), 'k'], io), 2)
    t.match(io.err(), `'${join(dir, name)}' ${message}\nhint: `)
  }
  const io = testIo(bucket.env)
  t.equal(await main(['-o', join(dir, 'none/file'), 'k'], io), 1)
  t.match(io.err(), /cannot write '.*none\/file': ENOENT: no such file or directory\nhint/)
  t.same(readdirSync(dir).sort(), ['directory', 'fifo', 'file'])
  symlinkSync('file', join(dir, 'link'))
  t.equal(await main(['-o', join(dir, 'link'), 'k'], testIo(bucket.env)), 0)
  t.equal(readFileSync(join(dir, 'file'), 'utf8'), 'new', 'a link is followed')
})

void t.test('several keys, one after another', async (t) => {
  const bucket = await setup(t)
  const parts = [pattern(12 * MIB), Buffer.alloc(0), Buffer.from('abc')]
  parts.forEach((data, i) => bucket.fake.put(`k${String(i)}`, data))
  const file = `${t.testdir({})}/all`
  const keys = ['k0', 'k1', 'k2']
  const all = Buffer.concat(parts)
  const piped = await get(t, ['-s', '5M', ...keys], bucket.env)
  t.equal(piped.status, 0, piped.err)
  t.ok(piped.body.equals(all))
  t.equal((await get(t, ['-o', file, ...keys], bucket.env)).status, 0)
  t.ok(readFileSync(file).equals(all))
  // a missing one is found before the first byte
  const missing = await get(t, [...keys, 'k3'], bucket.env)
  t.equal(missing.status, 4)
  t.equal(missing.body.length, 0)
})

void t.test('a wrong command line', async (t) => {
  const env = { BUCKET: 'bucket', S3_ENDPOINT: 'http://127.0.0.1:1' }
  for (const [args, message] of [
    [[], 'too few arguments: z3-get [options] KEY'],
    [['--metadata', 'a', 'b'], '--metadata takes one key'],
    [[''], 'the key is empty'],
    [['--nope', 'k'], 'unknown option --nope'],
    [['-s', '10MB', 'k'], "--chunk-size: '10MB' is not a size"],
    [['--concurrency', '-1', 'k'], "--concurrency: '-1' is not"],
    [['--progress', '--quiet', 'k'], '--progress and --quiet exclude'],
  ] as const) {
    const { status, err, body } = await get(t, args, env)
    t.equal(status, 2, args.join(' '))
    t.ok(err.startsWith(`z3-get: ${message}`), err)
    t.equal(body.length, 0)
  }
  const { status, err } = await get(t, ['k'], {})
  t.equal(status, 2)
  t.match(err, 'BUCKET is not set')
})

void t.test('bytes that cannot be verified are said, also with --quiet', async (t) => {
  const bucket = await setup(t)
  const object = bucket.fake.putParts('k', [Buffer.from('data')], { 'part-sizes': '5242880' })
  t.equal((await get(t, ['k'], bucket.env)).err, '')
  // of a server whose ETags need not be MD5s
  bucket.fake.objects.set('k', { ...object, etag: `"${'0'.repeat(32)}-1"`, parts: [] })
  for (const words of [['-q'], [], ['-v']]) {
    const { status, err } = await get(t, [...words, 'k'], bucket.env)
    t.equal(status, 0, err)
    t.match(err, /^z3-get: cannot verify the data of 'k': .+\n$/)
  }
})

void t.test('versions of an object, by id and by time', async (t) => {
  const bucket = await setup(t)
  const { versions } = bucket.fake
  versions.status = 'Enabled'
  const key = 'z3-backup/tank/data@a'
  const put = (day: number, text: string) => {
    versions.add(key, `2026-01-0${String(day)}T00:00:00Z`, bucket.fake.put(key, text), `id-${text}`)
  }
  put(1, 'first')
  put(2, 'second')
  put(4, 'replaced')
  versions.add(key, '2026-01-05T00:00:00Z', undefined)
  bucket.fake.objects.delete(key)

  const text = async (...args: readonly string[]) => {
    const { status, body, err } = await get(t, [...args, key], bucket.env)
    return status === 0 ? String(body) : `${String(status)} ${err}`
  }
  t.equal(await text('--version-id', 'id-first'), 'first')
  t.equal(await text('--as-of', '2026-01-03T00:00Z'), 'second')
  t.match(await text('--as-of', '2026-01-06T00:00Z'), /^4 .*\n.*there was no object/s)
  t.match(await text('--version-id', 'another'), /^4 /)
  t.match(await text('--version-id', 'id-first', '--as-of', '1d'), /^2 /)
  t.match(await text('--as-of', 'then'), /^2 z3-get: --as-of: 'then' is not a time/)
  const { body } = await get(t, ['--metadata', '--version-id', 'id-first', key], bucket.env)
  t.match(JSON.parse(String(body)), { key, version: 'id-first', size: 5 })
  const directory = { BUCKET: `file://${t.testdir({})}` }
  t.equal((await get(t, ['--version-id', 'x', key], directory)).status, 2)
})

void t.test('stdout is a terminal', async (t) => {
  const io = testIo({ BUCKET: 'bucket', S3_ENDPOINT: 'http://127.0.0.1:1' }, [1])
  t.equal(await main(['k'], io), 2)
  t.match(io.err(), 'standard output is a terminal')
})

void t.test('an object of z3, the Python program, reads back', async (t) => {
  const bucket = await setup(t)
  const key = 'z3-backup/tank/a@zfs-auto-snap:daily-2026-01-01-0600'
  const stream = pattern(MIB)
  const dir = t.testdir({})
  writeFileSync(join(dir, 'stream'), stream)
  const pigz = await runShell(`pigz -1 < ${dir}/stream || gzip -1 < ${dir}/stream`)
  for (const full of [{ isfull: 'true' }, { is_full: 'true' }]) {
    await bucket.put(key, pigz.stdout, {
      size: '1048576',
      compressor: 'pigz1',
      ...full,
    })
    const { body } = await get(t, [key], bucket.env)
    t.ok(body.equals(pigz.stdout))
    const { body: known } = await get(t, ['--metadata', key], bucket.env)
    t.match(JSON.parse(String(known)), {
      metadata: { compressor: 'pigz1', ...full },
    })
  }
})
