import { openSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { MIB } from '@z3/core'
import { pattern, testIo } from '@z3/fixtures'
import { MAX_BUFFER } from '@z3/s3'
import t from 'tap'
import { main } from '../src/main.js'
import { isClean, setup } from './setup.js'

// nothing listens there: whoever asks the network fails the test
const NOWHERE = {
  BUCKET: 'bucket',
  S3_ENDPOINT: 'http://127.0.0.1:1',
  S3_KEY_ID: 'AKIDTEST',
  S3_SECRET: 'SECRETTEST',
}

const file = join(
  t.testdir({ small: 'some bytes', empty: '', conf: '[main]\nNOPE = 1\n' }),
  'small',
)

/** Run `main` on a file as its input. */
const run = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = NOWHERE,
  input = file,
) => {
  const io = testIo(env)
  const fd = String(openSync(input, 'r'))
  const status = await main(['--file-descriptor', fd, ...args], io)
  return { status, out: io.out(), err: io.err() }
}

void t.test('a wrong command line ends at once, with 2', async (t) => {
  for (const [args, message] of [
    [['-s', '10MB', 'k'], "--chunk-size: '10MB' is not a size"],
    [['-s', '1.5G', 'k'], "--chunk-size: '1.5G' is not a size"],
    [['-s', '1M', 'k'], '--chunk-size 1M is out of range'],
    [['-s', '6G', 'k'], '--chunk-size 6G is out of range'],
    [['-s', '5M', '--estimated', '1G', 'k'], '--chunk-size and --estimated exclude each other'],
    [['--estimated', '1.5G', 'k'], "--estimated: invalid size '1.5G'"],
    [['--estimated=-5', 'k'], "--estimated: invalid size '-5'"],
    [['--meta', 'bad', 'k'], "malformed metadata 'bad'; should be key=value"],
    [['--metadata', '=x', 'k'], "malformed metadata '=x'; should be key=value"],
    [['--meta', 'a=1', '--metadata', 'a=2', 'k'], "metadata key 'a' is given twice"],
    [['--meta', 'a=ü', 'k'], "the value of metadata 'a' is not printable"],
    [['--meta', `a=${'x'.repeat(2048)}`, 'k'], 'metadata has 2049 bytes'],
    [['--concurrency', '-1', 'k'], "--concurrency: '-1' is not"],
    [['--concurrency', '0', 'k'], "--concurrency: '0' is not"],
    [['--max-memory', '1M', 'k'], 'parts of 5M do not fit into 1M of memory'],
    [['-s1M', 'k'], '--chunk-size 1M is out of range'],
    [['--c', '8', 'k'], 'ambiguous option --c (could be --chunk-size, --c'],
    [['--nope', 'k'], 'unknown option --nope'],
    [['-x', 'k'], 'unknown option -x'],
    [['k', '--estimated'], '--estimated needs a value'],
    [['--progress', '--quiet', 'k'], '--progress and --quiet exclude'],
    [['a', 'b'], "unexpected argument 'b'"],
    [[], 'too few arguments: pput [options] KEY'],
    [[''], 'the key is empty'],
    [['k', '--'], "no command after '--'"],
    [['k', '--', 'true'], '--file-descriptor and a command exclude each other'],
    [['--commit-fd', 'x', 'k'], "--commit-fd: 'x' is not a file descriptor"],
    [['--commit-fd', '999999', 'k'], '--commit-fd 999999 is not open'],
    [['--config', join(file, '../conf'), 'k'], 'unknown key'],
    [['--config', '/nonexistent/z3.conf', 'k'], 'cannot read /nonexistent'],
  ] as const) {
    const { status, out, err } = await run(args)
    const what = args.join(' ').slice(0, 60)
    t.equal(status, 2, `${what}: ${err}`)
    t.ok(err.startsWith('pput: '), `${what}: says who speaks`)
    t.ok(err.includes(message), `${what}: ${err}`)
    t.notMatch(err, /\n {4}at |Error:/, `${what}: no stack`)
    t.equal(out, '')
  }
})

void t.test('a hint is one sentence', async (t) => {
  const { err } = await run(['-s', '1M', 'k'])
  t.match(err, /^pput: [^\n]*[^.]\nhint: [A-Z][^\n]*\.\n$/)
})

void t.test('more memory than one buffer of Node.js can have', async (t) => {
  const { env } = await setup(t)
  // parts that grow to 1 GiB would use all of it
  const large = await run(['--max-memory', '8G', 'large'], env)
  t.equal(large.status, 0, large.err)
  const whole = ['-s5G', '--max-memory=8G', '--concurrency=1', 'whole']
  const { status, err } = await run(whole, env)
  if (MAX_BUFFER < 5 * 2 ** 30) {
    t.equal(status, 2)
    t.match(err, /^pput: parts of 5G exceed the buffer limit of Node/)
  } else t.equal(status, 0, err)
})

void t.test('words as argparse takes them', async (t) => {
  const fake = await setup(t)
  const words = ['-qs6M', '--est=1G']
  t.match((await run([...words, 'k'], fake.env)).err, 'exclude each other')
  const { status, err } = await run(['-qs6M', '--met', 'a=1', '--over', 'k'], fake.env)
  t.equal(status, 0, err)
  t.match(await fake.head('k'), { metadata: { a: '1' } })
})

void t.test('no bucket', async (t) => {
  const { status, err } = await run(['k'], {})
  t.equal(status, 2)
  t.match(err, /^pput: BUCKET is not set\nhint: .*--bucket.*BUCKET/)
  t.equal((await run(['k'], { ...NOWHERE, BUCKET: '' })).status, 2)
})

void t.test('stdin is a terminal: help and 2', async (t) => {
  const io = testIo(NOWHERE, [0])
  t.equal(await main(['k'], io), 2)
  t.match(io.err(), /^Usage: pput \[options\] KEY/)
  t.match(io.err(), 'EXIT STATUS')
  t.equal(io.out(), '')
})

void t.test('--help and --version', async (t) => {
  const io = testIo()
  t.equal(await main(['--help'], io), 0)
  t.match(io.out(), '--commit-fd')
  const version = testIo()
  t.equal(await main(['--version'], version), 0)
  t.match(version.out(), /^\S+\n$/)
})

void t.test('--debug shows the stack, but only our own --debug', async (t) => {
  t.match((await run(['--debug', '-s', '1M', 'k'])).err, /\n +at /)
  const io = testIo(NOWHERE)
  await main(['-s', '1M', 'k', '--', 'sh', '--debug'], io)
  t.notMatch(io.err(), /\n +at /)
})

void t.test('--json tells of errors, too', async (t) => {
  const { status, out } = await run(['--json', '--nope', 'k'])
  t.equal(status, 2)
  t.match(JSON.parse(out), { status: 'error', code: 'usage' })
})

void t.test("z3's lines", async (t) => {
  const bucket = await setup(t)
  const { status, out, err } = await run(['--progress', '--estimated', '50G', 'a/b'], bucket.env)
  t.equal(status, 0)
  const { etag } = await bucket.head('a/b')
  t.ok(out.startsWith(`{"status": "success", "etag": ${JSON.stringify(etag)}, `), out)
  t.match(JSON.parse(out), { key: 'a/b', bytes: 10, parts: 1 })
  t.equal(
    err,
    'starting upload to bucket/a/b with chunksize 5.3765373229980469M using 8 workers\n'.replace(
      '5.3765373229980469',
      String(5637708 / MIB),
    ) + '\nuploaded chunk 1 \n',
  )
})

void t.test('--quiet', async (t) => {
  const bucket = await setup(t)
  const quiet = await run(['--quiet', 'k'], bucket.env)
  t.same(quiet, { status: 0, out: '', err: '' })
  const json = await run(['-q', '--json', 'k2'], bucket.env)
  t.equal(json.err, '')
  t.match(JSON.parse(json.out), { status: 'success', key: 'k2' })
})

void t.test('metadata', async (t) => {
  const bucket = await setup(t)
  const items = ['--meta', 'a=b=c', '--metadata', 'd=', '--meta', 'x-y=1 2']
  t.equal((await run([...items, 'k'], bucket.env)).status, 0)
  const { metadata } = await bucket.head('k')
  t.same(metadata, { a: 'b=c', d: '', 'x-y': '1 2' })
})

void t.test('metadata of exactly 2 KiB is taken', async (t) => {
  const bucket = await setup(t)
  const value = 'x'.repeat(2047)
  t.equal((await run(['--meta', `a=${value}`, 'k'], bucket.env)).status, 0)
  t.same((await bucket.head('k')).metadata, { a: value })
})

void t.test('nothing to upload', async (t) => {
  const bucket = await setup(t)
  const { status, out, err } = await run(['-q', 'k'], bucket.env, join(file, '../empty'))
  t.equal(status, 1)
  t.match(err, /^Error: Can't upload zero bytes!\nhint: /)
  t.equal(out, '')
  await isClean(t, bucket)
})

void t.test('nothing is overwritten by accident', async (t) => {
  const bucket = await setup(t)
  await bucket.put('k', Buffer.from('old'))
  const { status, err } = await run(['-q', 'k'], bucket.env)
  t.equal(status, 3)
  t.match(err, /^pput: 'k' already exists in bucket 'bucket' at http.*\nhint: .*--overwrite/)
  t.equal(String(await bucket.get('k')), 'old')
  t.same(await bucket.pending(), [])
  t.equal((await run(['-q', '--overwrite', 'k'], bucket.env)).status, 0)
  t.equal(String(await bucket.get('k')), 'some bytes')
})

void t.test('storage class and ACL only where asked for', async (t) => {
  const bucket = await setup(t)
  const created = () =>
    bucket.fake.requests.filter((r) => r.op === 'CreateMultipartUpload').at(-1)?.headers
  await run(['-q', 'plain'], bucket.env)
  t.equal(created()?.['x-amz-storage-class'], undefined)
  t.equal(created()?.['x-amz-acl'], undefined)
  await run(['-q', '--storage-class', 'GLACIER', '--acl', 'private', 'k'], bucket.env)
  t.equal(created()?.['x-amz-storage-class'], 'GLACIER')
  t.equal(created()?.['x-amz-acl'], 'private')
})

void t.test('a file that cannot fit is refused before it is read', async (t) => {
  const bucket = await setup(t)
  const dir = t.testdir({ sparse: '' })
  truncateSync(join(dir, 'sparse'), 60_000 * MIB)
  const { status, err } = await run(['-s', '5M', 'k'], bucket.env, join(dir, 'sparse'))
  t.equal(status, 2)
  t.match(err, /does not fit into 10000 parts of 5M\nhint: Use --chunk-size 6M/)
  t.equal(bucket.fake.requests.length, 0)
})

void t.test('the flag beats the environment, which beats the file', async (t) => {
  const bucket = await setup(t)
  const conf = join(t.testdir({ conf: '[main]\nCHUNK_SIZE=7M\nCONCURRENCY=3\n' }), 'conf')
  const line = async (args: string[], env = {}) =>
    (
      await run([...args, '--config', conf, '--overwrite', 'k'], {
        ...bucket.env,
        ...env,
      })
    ).err
  t.match(await line([]), 'chunksize 7.0M using 3 workers')
  t.match(await line([], { CONCURRENCY: '4' }), 'chunksize 7.0M using 4 workers')
  t.match(
    await line(['-s', '6M', '--concurrency', '5'], { CONCURRENCY: '4' }),
    'chunksize 6.0M using 5 workers',
  )
  t.match(await line(['--estimated', '1G']), 'chunksize 5.0M', 'as in z3')
})

void t.test('a changed metadata is told', async (t) => {
  const bucket = await setup(t)
  bucket.fake.faults = ({ op, headers }) => {
    // radosgw turns `_` into `-`
    if (op === 'CreateMultipartUpload') {
      headers['x-amz-meta-is-full'] = headers['x-amz-meta-is_full']
      delete headers['x-amz-meta-is_full']
    }
    return undefined
  }
  const { status, err } = await run(['--meta', 'is_full=true', 'k'], bucket.env)
  t.equal(status, 0)
  t.match(err, "the server changed metadata 'is_full'")
})

void t.test('several parts, some of them sent again', async (t) => {
  const bucket = await setup(t)
  const data = pattern(12 * MIB + 3)
  const input = join(t.testdir({ data }), 'data')
  bucket.fake.faults = ({ op, partNumber, attempt }) =>
    op === 'UploadPart' && partNumber === 2 && attempt === 1
      ? { status: 503, code: 'SlowDown' }
      : undefined
  const { status, err, out } = await run(['k'], bucket.env, input)
  t.equal(status, 0)
  t.match(err, /pput: cannot upload part 2 of 'k': attempt 1( of \d+)? failed/)
  t.match(JSON.parse(out), { parts: 3, bytes: data.length })
  t.ok((await bucket.get('k')).equals(data))
})

void t.test('a part that fails for good leaves nothing', async (t) => {
  const bucket = await setup(t)
  const input = join(t.testdir({ data: pattern(12 * MIB) }), 'data')
  bucket.fake.faults = ({ op, partNumber }) =>
    op === 'UploadPart' && partNumber === 2 ? { status: 500, code: 'InternalError' } : undefined
  const { status, err, out } = await run(['-q', '--max-retries', '2', 'k'], bucket.env, input)
  t.equal(status, 1)
  t.match(err, /^pput: cannot upload part 2 of 'k': the server responded 500/)
  t.equal(out, '')
  await isClean(t, bucket)
})

void t.test('a Complete that says 200 and means an error', async (t) => {
  const bucket = await setup(t)
  bucket.fake.faults = ({ op }) =>
    op === 'CompleteMultipartUpload' ? { error200: 'InternalError' } : undefined
  const { status, out } = await run(['-q', '--max-retries', '2', 'k'], bucket.env)
  t.equal(status, 1)
  t.equal(out, '')
  await isClean(t, bucket)
})

void t.test('a pending upload that could not be dropped is told', async (t) => {
  const bucket = await setup(t)
  bucket.fake.faults = ({ op }) =>
    op === 'AbortMultipartUpload' ? { status: 403, code: 'AccessDenied' } : undefined
  const { status, err } = await run(['-q', 'k'], bucket.env, join(file, '../empty'))
  t.equal(status, 1)
  t.match(err, 'the upload may still be pending')
})
