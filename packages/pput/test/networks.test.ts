import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MIB } from '@z3/core'
import {
  NO_SERVER,
  RESOLVE_TEST_NAMES,
  runBinary,
  serverBucket,
  sessionCredentials,
  startProxy,
  startStsServer,
  testServers,
  type TestServer,
} from '@z3/fixtures'
import t, { type Test } from 'tap'

type Env = Readonly<Record<string, string>>

const DATA = randomBytes(64 * MIB)

const digest = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')

const SUM = digest(DATA)

/** 64 MiB up and down by the binaries, and what was said. */
const thereAndBack = async (t: Test, env: Env): Promise<void> => {
  const key = `d/${randomBytes(4).toString('hex')}`
  const put = await runBinary('pput', ['-q', key], { env, stdin: DATA })
  t.equal(put.code, 0, put.stderr)
  const got = await runBinary('z3-get', [key], { env })
  t.equal(got.code, 0, got.stderr)
  t.equal(digest(got.stdout), SUM, 'every byte')
}

const servers = (name: string): readonly TestServer[] =>
  testServers().filter((server) => server.name === name)

const skip = testServers().length === 0 && NO_SERVER

const proxyOf = async (t: Test) => {
  const proxy = await startProxy()
  t.teardown(() => proxy.close())
  return proxy
}

const environment = async (
  t: Test,
  server: TestServer,
  options?: { readonly objectLock: boolean },
): Promise<Env> => {
  const bucket = await serverBucket(server, options)
  t.teardown(() => bucket.close())
  return bucket.env
}

void t.test('64 MiB over http', { skip }, async (t) => {
  for (const server of servers('rgw')) {
    await t.test('through a proxy', async (t) => {
      const proxy = await proxyOf(t)
      await thereAndBack(t, { ...(await environment(t, server)), HTTP_PROXY: proxy.url })
      for (const method of ['PUT', 'GET']) {
        t.ok(proxy.requests.some((line) => line.startsWith(`${method} ${server.endpoint}/`)))
      }
    })

    await t.test('by the name of the bucket', async (t) => {
      const env = await environment(t, server)
      const { BUCKET: bucket = '', S3_ENDPOINT: endpoint = '' } = env
      const named = {
        ...env,
        S3_ENDPOINT: endpoint.replace('127.0.0.1', 's3.test'),
        S3_ADDRESSING: 'virtual',
      }
      const proxy = await proxyOf(t)
      await thereAndBack(t, { ...named, HTTP_PROXY: proxy.url })
      t.ok(
        proxy.requests.every((line) => line.includes(` http://${bucket}.s3.test:`)),
        'no request has it in its path',
      )
      // without a proxy the program itself finds the name
      const got = await runBinary('z3-get', ['nothing'], {
        env: { ...named, NODE_OPTIONS: RESOLVE_TEST_NAMES },
      })
      t.equal(got.code, 4, got.stderr)
    })
  }
})

void t.test('64 MiB with temporary credentials', { skip }, async (t) => {
  const { server, stop } = await startStsServer()
  t.teardown(stop)
  const env = await environment(t, server)
  const session = await sessionCredentials(server)
  await thereAndBack(t, { ...env, ...session })
  const without = await runBinary('pput', ['k'], {
    env: { ...env, ...session, S3_SESSION_TOKEN: '' },
    stdin: 'x',
  })
  t.equal(without.code, 1, 'the keys alone are worth nothing')
})

void t.test('64 MiB over TLS', { skip }, async (t) => {
  for (const server of servers('rgw-tls')) {
    const { NODE_EXTRA_CA_CERTS: ca = '' } = process.env
    t.not(ca, '')
    const plain = servers('rgw')[0]?.endpoint ?? ''

    await t.test('through a proxy, by CONNECT', async (t) => {
      const proxy = await proxyOf(t)
      await thereAndBack(t, { ...(await environment(t, server)), HTTPS_PROXY: proxy.url })
      const { host } = new URL(server.endpoint)
      t.ok(proxy.requests.length > 0)
      t.ok(proxy.requests.every((line) => line === `CONNECT ${host}`))
    })

    for (const name of ['S3_CA_FILE', 'AWS_CA_BUNDLE', 'SSL_CERT_FILE']) {
      await t.test(`a private CA in ${name}`, async (t) => {
        const env = { ...(await environment(t, server)), NODE_EXTRA_CA_CERTS: '' }
        const unknown = await runBinary('pput', ['k'], { env, stdin: 'x' })
        t.equal(unknown.code, 1)
        t.match(unknown.stderr, /S3_CA_FILE.*NODE_EXTRA_CA_CERTS|NODE_EXTRA_CA_CERTS.*S3_CA_FILE/)
        await thereAndBack(t, { ...env, [name]: ca })
      })
    }

    await t.test('a file that is no certificate', async (t) => {
      const file = join(t.testdir({}), 'ca.pem')
      await writeFile(file, 'no certificate\n')
      const env = { ...(await environment(t, server)), NODE_EXTRA_CA_CERTS: '', S3_CA_FILE: file }
      for (const name of ['pput', 'z3-get'] as const) {
        const { code, stderr } = await runBinary(name, ['k'], { env, stdin: 'x' })
        t.equal(code, 2, stderr)
        t.match(stderr, file)
      }
    })

    await t.test('https to the port of http', async (t) => {
      const env = await environment(t, server)
      const { code, stderr } = await runBinary('z3-get', ['k'], {
        env: { ...env, S3_ENDPOINT: plain.replace('http:', 'https:') },
      })
      t.equal(code, 1, stderr)
      t.match(stderr, /plain http|http:\/\//i)
    })
  }
})

void t.test('64 MiB into a bucket with Object Lock', { skip }, async (t) => {
  for (const server of testServers().filter(({ kind }) => kind !== 'swift')) {
    await t.test(server.name, async (t) => {
      await thereAndBack(t, await environment(t, server, { objectLock: true }))
    })
  }
})
