import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import {
  NO_SERVER,
  OPEN,
  runBinary,
  runShell,
  serverBucket,
  startBinary,
  testServers,
  until,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { isClean, setup } from './setup.js'

/** One line that names the bucket and the endpoint, a hint, and no more. */
const checkLines = (t: Test, stderr: string, env: Readonly<Record<string, string>>): void => {
  const [line = '', hint = '', ...more] = stderr.trimEnd().split('\n')
  const where = `(bucket '${String(env['BUCKET'])}' at ${String(env['S3_ENDPOINT'])})`
  t.ok(line.endsWith(where), stderr)
  t.match(line, /^(pput|z3-get): [a-z]/)
  t.match(hint, /^hint: [A-Z].*\.$/)
  t.same(more, [])
}

/** Both binaries fail with 1, with these words. */
const bothFail = async (
  t: Test,
  env: Readonly<Record<string, string>>,
  words: string | RegExp,
): Promise<void> => {
  const [put, get] = await Promise.all([
    runBinary('pput', ['--quiet', 'k'], { env, stdin: 'x' }),
    runBinary('z3-get', ['--quiet', 'k'], { env }),
  ])
  for (const { code, stdout, stderr } of [put, get]) {
    t.equal(code, 1, stderr)
    t.equal(String(stdout), '')
    t.match(stderr, words)
    checkLines(t, stderr, env)
  }
}

for (const server of testServers()) {
  void t.test(`${server.name}: wrong settings`, async (t) => {
    const bucket = await serverBucket(server)
    t.teardown(() => bucket.close())
    const { env } = bucket
    await bothFail(
      t,
      { ...env, BUCKET: 'z3-test-no-such-bucket' },
      // Swift tells nobody whether the bucket is there
      /the bucket does not exist|access denied/,
    )
    await bothFail(
      t,
      { ...env, S3_KEY_ID: 'AKIDNOBODY' },
      /unknown access key|the access key or the secret is wrong|access denied/,
    )
    await bothFail(t, { ...env, S3_SECRET: 'SECRETWRONG' }, /the access key or the secret is wrong/)
    await isClean(t, bucket)
  })
}
if (testServers().length === 0) {
  void t.test('wrong settings', { skip: NO_SERVER }, () => undefined)
}

void t.test('nothing listens', async (t) => {
  const env = {
    BUCKET: 'bucket',
    S3_ENDPOINT: 'http://127.0.0.1:1',
    S3_KEY_ID: 'AKIDTEST',
    S3_SECRET: 'SECRETTEST',
  }
  await bothFail(t, env, 'ECONNREFUSED')
})

void t.test('no such host', async (t) => {
  const env = {
    BUCKET: 'bucket',
    S3_ENDPOINT: 'http://no-such-host.invalid',
    S3_KEY_ID: 'AKIDTEST',
    S3_SECRET: 'SECRETTEST',
  }
  await bothFail(t, env, /ENOTFOUND|EAI_AGAIN/)
})

void t.test('the other end hangs up on everybody', async (t) => {
  const server: Server = createServer((socket) => socket.destroy())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const env = {
    BUCKET: 'bucket',
    S3_ENDPOINT: `http://127.0.0.1:${String(port)}`,
    S3_KEY_ID: 'AKIDTEST',
    S3_SECRET: 'SECRETTEST',
  }
  await bothFail(t, env, /no usable response/)
})

void t.test('what servers say', async (t) => {
  const bucket = await setup(t)
  for (const [fault, words] of [
    [{ status: 403, code: 'RequestTimeTooSkewed' }, "this machine's clock"],
    [
      { status: 301, code: 'PermanentRedirect', region: 'eu-west-3' },
      'the bucket is in region eu-west-3',
    ],
    [{ status: 400, code: 'ExpiredToken' }, 'the credentials have expired'],
    [{ status: 403, code: 'AccessDenied' }, 'access denied'],
  ] as const) {
    bucket.fake.faults = () => fault
    await bothFail(t, bucket.env, words)
  }
})

void t.test('no secret is to be seen anywhere', async (t) => {
  const bucket = await setup(t)
  const secret = bucket.env['S3_SECRET'] ?? ''
  const failing = await runBinary('pput', ['--debug', 'k'], {
    env: { ...bucket.env, S3_ENDPOINT: 'http://127.0.0.1:1' },
    stdin: 'x',
  })
  t.match(failing.stderr, /\n +at /, '--debug shows the stack')
  t.notMatch(failing.stderr + String(failing.stdout), secret)
  bucket.fake.faults = ({ op }) =>
    op === 'CreateMultipartUpload' ? { status: 403, code: 'SignatureDoesNotMatch' } : undefined
  const refused = await runBinary('pput', ['--debug', '--json', 'k'], {
    env: bucket.env,
    stdin: 'x',
  })
  t.equal(refused.code, 1)
  t.notMatch(refused.stderr + String(refused.stdout), secret)
  bucket.fake.faults = undefined
  const run = startBinary('pput', ['k'], { env: bucket.env, stdin: OPEN })
  await until('it has begun', () => bucket.fake.uploads.size === 1)
  const cmdline = readFileSync(`/proc/${String(run.child.pid)}/cmdline`, 'utf8')
  t.match(cmdline, 'pput')
  t.notMatch(cmdline, secret)
  run.child.stdin?.end('x')
  const { code, stdout, stderr } = await run.ended
  t.equal(code, 0)
  t.notMatch(stderr + String(stdout), secret)
})

const noScript = (await runShell('command -v script')).code !== 0 && 'no script(1)'

void t.test('a terminal', { skip: noScript }, async (t) => {
  const env = { BUCKET: 'bucket', S3_ENDPOINT: 'http://127.0.0.1:1' }
  const put = await runShell('script -qec "pput k" /dev/null', { env })
  t.equal(put.code, 2)
  t.match(String(put.stdout), 'Usage: pput [options] KEY')
  const get = await runShell('script -qec "z3-get k" /dev/null', { env })
  t.equal(get.code, 2)
  t.match(String(get.stdout), 'z3-get: standard output is a terminal')
})
