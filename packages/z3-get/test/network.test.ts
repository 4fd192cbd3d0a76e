import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MIB } from '@z3/core'
import {
  fakeBucket,
  pattern,
  RESOLVE_TEST_NAMES,
  runBinary,
  startProxy,
  type BinaryResult,
  type FakeS3Options,
  type Faults,
  type ProxyOptions,
} from '@z3/fixtures'
import t, { type Test } from 'tap'

t.setTimeout(600_000)

type Env = Readonly<Record<string, string>>

const bucketOf = async (t: Test, options?: FakeS3Options) => {
  const bucket = await fakeBucket(options)
  t.teardown(() => bucket.close())
  return bucket
}

const proxyOf = async (t: Test, options?: ProxyOptions) => {
  const proxy = await startProxy(options)
  t.teardown(() => proxy.close())
  return proxy
}

const DATA = pattern(12 * MIB + 5)

const put = (env: Env): Promise<BinaryResult> =>
  runBinary('pput', ['--overwrite', 'a/b c'], { env, stdin: DATA })

/** Up and down, by the binaries. */
const thereAndBack = async (t: Test, env: Env): Promise<void> => {
  const { code, stderr } = await put(env)
  t.equal(code, 0, stderr)
  const got = await runBinary('z3-get', ['-s', '5M', 'a/b c'], { env })
  t.equal(got.code, 0, got.stderr)
  t.ok(got.stdout.equals(DATA), 'every byte')
}

void t.test('through a proxy', async (t) => {
  const bucket = await bucketOf(t)
  const proxy = await proxyOf(t, { auth: 'me:secret' })
  await t.test('up and down', async (t) => {
    await thereAndBack(t, { ...bucket.env, HTTP_PROXY: proxy.url })
    const ops = bucket.fake.requests.length
    t.equal(proxy.requests.length, ops, 'every request')
    t.ok(proxy.requests.every((line) => line.includes(` ${bucket.endpoint}/`)))
    const gets = proxy.requests.filter((line) => line.startsWith('GET'))
    t.ok(gets.length >= 3, 'ranges too')
  })

  await t.test('but not where NO_PROXY names the server', async (t) => {
    const before = proxy.requests.length
    const way = { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' }
    await thereAndBack(t, { ...bucket.env, ...way })
    t.equal(proxy.requests.length, before)
  })

  await t.test('a scheme is not needed', async (t) => {
    const bare = proxy.url.replace('http://', '')
    await thereAndBack(t, { ...bucket.env, http_proxy: bare })
  })

  await t.test('that wants a password', async (t) => {
    const way = { HTTP_PROXY: proxy.url.replace('me:secret@', '') }
    const { code, stderr } = await put({ ...bucket.env, ...way })
    t.equal(code, 1)
    t.match(stderr, 'the proxy requires a user name and password')
  })

  await t.test('that is none', async (t) => {
    const way = { HTTP_PROXY: 'socks5://me:secret@127.0.0.1:1' }
    const { code, stderr } = await put({ ...bucket.env, ...way })
    t.equal(code, 2)
    t.match(stderr, 'is not an http or https URL')
    t.notMatch(stderr, 'secret')
  })
})

/** A server that is reached only through a proxy. */
const behind = (proxy: string) => ({
  BUCKET: 'bucket',
  S3_ENDPOINT: 'https://s3.test',
  S3_KEY_ID: 'AKID',
  S3_SECRET: 'SECRET',
  HTTPS_PROXY: proxy,
})

void t.test('a CONNECT that is refused is no answer of S3', async (t) => {
  for (const refuse of [403, 404, 407]) {
    const proxy = await proxyOf(t, { refuse })
    const env = behind(proxy.url)
    const { code, stderr } = await runBinary('z3-get', ['k'], { env })
    t.equal(code, 1, 'never 4: no such object')
    t.match(stderr, `the proxy responded ${String(refuse)} to CONNECT`)
    t.equal(proxy.requests[0], 'CONNECT s3.test:443')
  }
})

void t.test('a proxy that does not answer a CONNECT', async (t) => {
  const proxy = await proxyOf(t, { silent: true })
  const env = { ...behind(proxy.url), CONNECT_TIMEOUT: '1s', MAX_RETRIES: '1' }
  for (const [program, input] of [
    ['z3-get', ''],
    ['pput', 'x'],
  ] as const) {
    const { code, stderr } = await runBinary(program, ['k'], { env, stdin: input })
    t.equal(code, 1)
    t.match(stderr, /connection/)
  }
})

void t.test('addressing', async (t) => {
  const onlyVirtual = (code: string): FakeS3Options => ({
    faults: ({ headers }) =>
      headers.host?.startsWith('bucket.') === true ? undefined : { status: 403, code },
  })
  const named = (env: Env): Env => ({
    ...env,
    S3_ENDPOINT: (env['S3_ENDPOINT'] ?? '').replace('127.0.0.1', 's3.test'),
    NODE_OPTIONS: RESOLVE_TEST_NAMES,
  })

  await t.test('virtual', async (t) => {
    const bucket = await bucketOf(t, onlyVirtual('AccessDenied'))
    const env = { ...named(bucket.env), S3_ADDRESSING: 'virtual' }
    await thereAndBack(t, env)
    t.ok(bucket.fake.requests.every(({ path }) => !path.startsWith('/bucket')))
  })

  await t.test('auto learns it from the server', async (t) => {
    for (const code of ['SecondLevelDomainForbidden', 'PathStyleDomainForbidden']) {
      const bucket = await bucketOf(t, onlyVirtual(code))
      await thereAndBack(t, named(bucket.env))
      const refused = bucket.fake.requests.filter(({ status }) => status === 403)
      t.ok(refused.length <= 4, 'once a run: a HEAD, and the GET behind it')
    }
  })

  await t.test('path, and nothing else', async (t) => {
    const bucket = await bucketOf(t, onlyVirtual('SecondLevelDomainForbidden'))
    const env = { ...named(bucket.env), S3_ADDRESSING: 'path' }
    const { code, stderr } = await put(env)
    t.equal(code, 1)
    t.match(stderr, 'SecondLevelDomainForbidden')
    t.match(stderr, 'S3_ADDRESSING=virtual')
  })
})

void t.test('session tokens', async (t) => {
  const wanting =
    (token: () => string): Faults =>
    ({ headers }) =>
      headers['x-amz-security-token'] === token()
        ? undefined
        : { status: 400, code: 'ExpiredToken', message: 'it has expired' }

  await t.test('S3_SESSION_TOKEN goes with every request', async (t) => {
    const bucket = await bucketOf(t, { faults: wanting(() => 'T0K') })
    await thereAndBack(t, { ...bucket.env, S3_SESSION_TOKEN: 'T0K' })
    const { code, stderr } = await put(bucket.env)
    t.equal(code, 1)
    t.match(stderr, 'the credentials have expired')
    t.match(stderr, '400 ExpiredToken: it has expired')
  })

  await t.test('AWS_SESSION_TOKEN beside the keys of AWS', async (t) => {
    const bucket = await bucketOf(t, { faults: wanting(() => 'T1K') })
    const { S3_KEY_ID = '', S3_SECRET = '', ...env } = bucket.env
    await thereAndBack(t, {
      ...env,
      AWS_ACCESS_KEY_ID: S3_KEY_ID,
      AWS_SECRET_ACCESS_KEY: S3_SECRET,
      AWS_SESSION_TOKEN: 'T1K',
    })
  })

  // a file that is rewritten at the second part, with the token of then
  const rewritten = async (
    t: Test,
    write: (token: string) => Promise<void>,
    env: (base: Env) => Env,
  ) => {
    let token = 'first'
    const bucket = await bucketOf(t)
    await write(token)
    bucket.fake.faults = (request) => {
      const middle = request.partNumber === 2 || (request.op === 'GetObject' && request.nth === 2)
      if (middle && token === 'first') {
        token = 'second'
        void write(token)
        return { delayMs: 300, status: 400, code: 'ExpiredToken' }
      }
      return wanting(() => token)(request)
    }
    const base = {
      BUCKET: bucket.bucket,
      S3_ENDPOINT: bucket.endpoint,
    }
    const settings = env(base)
    const { code, stderr } = await put(settings)
    t.equal(code, 0, stderr)
    t.equal(token, 'second')
    token = 'first'
    await write(token)
    const got = await runBinary('z3-get', ['-s', '5M', 'a/b c'], {
      env: settings,
    })
    t.equal(got.code, 0, got.stderr)
    t.ok(got.stdout.equals(DATA))
    t.equal(token, 'second')
  }

  await t.test('of the AWS profile, renewed in the middle', async (t) => {
    const file = join(t.testdir({}), 'credentials')
    const write = (token: string) =>
      writeFile(
        file,
        `[default]\naws_access_key_id = A\naws_secret_access_key = B\naws_session_token = ${token}\n`,
      )
    await rewritten(t, write, (env) => ({
      ...env,
      AWS_SHARED_CREDENTIALS_FILE: file,
    }))
  })

  await t.test("of z3's own file, renewed in the middle", async (t) => {
    const file = join(t.testdir({}), 'z3.conf')
    const write = (token: string) =>
      writeFile(file, `[main]\nS3_KEY_ID = A\nS3_SECRET = B\nS3_SESSION_TOKEN = ${token}\n`)
    await rewritten(t, write, (env) => ({ ...env, Z3_CONFIG: file }))
  })

  await t.test('a temporary key without one', async (t) => {
    const bucket = await bucketOf(t, {
      faults: () => ({ status: 403, code: 'InvalidAccessKeyId' }),
    })
    const env = { ...bucket.env, S3_KEY_ID: 'ASIATEMPORARY' }
    const { code, stderr } = await put(env)
    t.equal(code, 1)
    t.match(stderr, /begins with ASIA.*S3_SESSION_TOKEN/)
  })

  await t.test('a token alone', async (t) => {
    const { code, stderr } = await put({ BUCKET: 'bkt', S3_SESSION_TOKEN: 'x' })
    t.equal(code, 2)
    t.match(stderr, 'S3_SESSION_TOKEN is set, but not S3_KEY_ID')
  })
})

void t.test("a clock that differs from the server's", async (t) => {
  const bucket = await bucketOf(t, {
    date: () => new Date(Date.now() + 3_600_000),
    refuseSkew: true,
  })
  await thereAndBack(t, bucket.env)
  const refused = bucket.fake.requests.filter(({ status }) => status === 403)
  t.ok(refused.length > 0 && refused.length <= 4, 'corrected once a run')
})

void t.test("the endpoint and the region of AWS's own settings", async (t) => {
  const bucket = await bucketOf(t)
  const { S3_ENDPOINT: endpoint = '', ...env } = bucket.env
  const config = join(
    t.testdir({
      config: `[profile z3]\nregion = eu-test-7\nendpoint_url = ${endpoint}\n[profile other]\nservices = mine\nendpoint_url = http://127.0.0.1:1\n[services mine]\ns3 =\n  endpoint_url = ${endpoint}\n`,
    }),
    'config',
  )
  for (const [title, more, region] of [
    ['AWS_ENDPOINT_URL', { AWS_ENDPOINT_URL: endpoint }, 'us-east-1'],
    ['a profile', { AWS_CONFIG_FILE: config, AWS_PROFILE: 'z3' }, 'eu-test-7'],
    ["a profile's services", { AWS_CONFIG_FILE: config, AWS_PROFILE: 'other' }, 'us-east-1'],
  ] as const) {
    await t.test(title, async (t) => {
      const from = bucket.fake.requests.length
      await thereAndBack(t, { ...env, ...more })
      for (const { path, headers } of bucket.fake.requests.slice(from)) {
        t.match(path, /^\/bucket/, 'path style')
        t.match(headers.authorization, `/${region}/s3/`)
        t.equal(headers['x-amz-storage-class'], undefined, "nothing of AWS's")
      }
    })
  }
})

void t.test('refusals in the words of the server', async (t) => {
  for (const [fault, expected] of [
    [
      { status: 403, code: 'AccessDenied', message: 'not on Sundays' },
      'access denied: the server responded 403 AccessDenied: not on Sundays',
    ],
    [
      { status: 302, headers: { location: 'http://login.example/' } },
      'redirects to http://login.example/',
    ],
    [
      { status: 400, code: 'InvalidArgument', message: 'no such class' },
      "cannot begin the upload of 'a/b c' in storage class COLDEST: the server responded 400 InvalidArgument: no such class",
    ],
  ] as const) {
    const bucket = await bucketOf(t, {
      faults: ({ op }) => (op === 'CreateMultipartUpload' ? { ...fault } : undefined),
    })
    const { code, stderr } = await put({
      ...bucket.env,
      S3_STORAGE_CLASS: 'COLDEST',
    })
    t.equal(code, 1)
    t.match(stderr, expected)
  }
})
