import { MIB } from '@z3/core'
import { makeBucket, NO_SERVER, pattern, runBinary, tenantBucket, testServers } from '@z3/fixtures'
import t, { type Test } from 'tap'

const servers = testServers()
const skip = servers.length === 0 && NO_SERVER

/** Several parts there and back; a key that exists is refused. */
const thereAndBack = async (
  t: Test,
  key: string,
  env: Readonly<Record<string, string>>,
): Promise<void> => {
  const data = pattern(11 * MIB + 7)
  const put = await runBinary('pput', ['-q', '-s', '5M', key], { env, stdin: data })
  t.equal(put.code, 0, put.stderr)
  const back = await runBinary('z3-get', ['-q', '-s', '5M', key], { env })
  t.equal(back.code, 0, back.stderr)
  t.ok(back.stdout.equals(data))
  const again = await runBinary('pput', ['-q', key], { env, stdin: 'x' })
  t.equal(again.code, 3, again.stderr)
  const listed = await runBinary('z3', ['cleanup', '--all'], { env })
  t.equal(listed.code, 0, listed.stderr)
}

for (const server of servers) {
  const { endpoint, keyId, secret } = server
  const env = { S3_ENDPOINT: endpoint, S3_KEY_ID: keyId, S3_SECRET: secret }

  void t.test(`${server.name}: upper case and _`, async (t) => {
    const bucket = await makeBucket(server, { start: 'Z3_Test.' })
    await thereAndBack(t, 'key', { ...env, BUCKET: bucket })
  })

  // Swift's s3api has no tenants
  if (server.kind === 'swift') continue
  void t.test(`${server.name}: a bucket of a tenant`, async (t) => {
    const { own, other } = await tenantBucket(server)
    await t.test("with the tenant's own credentials", (t) => thereAndBack(t, 'own', own))
    await t.test('with those of another user', (t) => thereAndBack(t, 'other', other))
    const wrong = { ...other, BUCKET: `x${own['BUCKET'] ?? ''}` }
    const missing = await runBinary('pput', ['-q', 'key'], { env: wrong, stdin: 'x' })
    t.equal(missing.code, 1, 'another tenant has no such bucket')
    t.match(missing.stderr, wrong.BUCKET)
  })
}

if (servers.length === 0) void t.test('names of buckets', { skip }, () => undefined)
