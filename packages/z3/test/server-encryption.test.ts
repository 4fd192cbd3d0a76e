/** SSE-C and SSE-S3 on real servers over TLS. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { MIB } from '@z3/core'
import {
  NO_SERVER,
  pattern,
  readSealed,
  runBinary,
  serverBucket,
  testIo,
  testServers,
  type TestServer,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { main } from '../src/main.js'

const NAME = 'tank/a@1'
const KEY = `z3-backup/${NAME}`
// three parts, so that a sender thread sends
const DATA = pattern(11 * MIB)
const METADATA = ['isfull=true', 'guid=1', 'created=1700000000', 'compressor=none']

const onServer = async (t: Test, server: TestServer): Promise<void> => {
  const [bucket, copies] = [await serverBucket(server), await serverBucket(server)]
  t.teardown(() => Promise.all([bucket.close(), copies.close()]))
  const home = t.testdir({ home: {} })
  const keyFile = (name: string): readonly [string, Buffer] => {
    const key = randomBytes(32)
    writeFileSync(`${home}/${name}`, `${key.toString('base64')}\n`, { mode: 0o600 })
    return [`${home}/${name}`, key]
  }
  const [own, key] = keyFile('own.key')
  const [other, otherKey] = keyFile('other.key')
  const { NODE_EXTRA_CA_CERTS: ca = '' } = process.env
  const plain = {
    ...bucket.env,
    S3_CA_FILE: ca,
    HOME: `${home}/home`,
    SNAPSHOT_PREFIX: '',
    MAX_RETRIES: '1',
  }
  const env = { ...plain, S3_SSE_C_KEY_FILE: own }
  const z3 = async (args: readonly string[], vars: Readonly<Record<string, string>> = env) => {
    const io = testIo({ ...vars, AWS_EC2_METADATA_DISABLED: 'true' })
    const code = await main(args, io)
    return { code, stdout: io.out(), stderr: io.err() }
  }
  const put = (objectKey: string, vars: Readonly<Record<string, string>>, body: Uint8Array) => {
    const metadata = METADATA.flatMap((pair) => ['--metadata', pair])
    return runBinary('pput', [...metadata, objectKey], { env: vars, stdin: body })
  }
  await t.test('an object can be read with its key only', async (t) => {
    const { code, stderr } = await put(KEY, env, DATA)
    t.equal(code, 0, stderr)
    t.notMatch(stderr, /ETag|checksum/, 'no note')
    t.notMatch(stderr, key.toString('base64'))
    await t.rejects(bucket.head(KEY), 'refused without a key')
    t.ok(DATA.equals(await readSealed(bucket, KEY, key)))
    const right = await runBinary('z3-get', [KEY], { env })
    t.equal(right.code, 0, right.stderr)
    t.ok(DATA.equals(right.stdout))
    const wrong = await runBinary('z3-get', [KEY], { env: { ...env, S3_SSE_C_KEY_FILE: other } })
    t.equal(wrong.code, 1)
    t.equal(wrong.stdout.length, 0)
    t.match(
      wrong.stderr,
      /the SSE-C key of the object is missing or wrong: .*\nhint: Set S3_SSE_C_/,
    )
  })

  await t.test('status and verify', async (t) => {
    const shown = await z3(['status', '--check', 'tank/a'])
    t.match(shown.stdout, /^1 .*\| full .*\| ok/m, shown.stderr)
    // radosgw 16 stores no checksum, and the data is no stream
    const args = ['verify', '--level', server.kind === 'rgw20' ? 'data' : 'head', 'tank/a']
    const verified = await z3(args)
    t.equal(verified.code, 0, verified.stderr)
    const without = await z3(args, { ...plain, S3_SSE_C_KEY_FILE: '' })
    t.not(without.code, 0)
    t.match(without.stderr + without.stdout, /the SSE-C key of the object is missing or wrong/)
  })

  await t.test('the recovery sheet', async (t) => {
    const aws = await z3(['recovery-sheet', '--with', 'aws'])
    t.match(aws.stdout, /^get\(\) .*--sse-c AES256 --sse-c-key fileb:\/\/z3-sse-c\.key /m)
    t.match(aws.stdout, /^# - the SSE-C key .* in the file z3-sse-c\.key of this$/m)
    const curl = await z3(['recovery-sheet', '--with', 'curl'])
    t.equal(curl.code, 2)
    t.match(curl.stderr, /curl cannot sign .*\nhint: Use --with aws/)
  })

  await t.test('copies', async (t) => {
    const [from, to] = [`s3://${bucket.bucket}`, `s3://${copies.bucket}`]
    const same = await z3(['copy', '--verbose', from, `${to}/same`])
    t.equal(same.code, 0, same.stderr)
    t.match(same.stdout, /server/)
    t.ok(DATA.equals(await readSealed(copies, `same/${NAME}`, key)))
    // the key changes
    const config = `${home}/to.conf`
    const { S3_ENDPOINT: endpoint, S3_KEY_ID: id, S3_SECRET: secret } = bucket.env
    const lines = [`S3_ENDPOINT = ${endpoint ?? ''}`, `S3_KEY_ID = ${id ?? ''}`]
    const more = [`S3_SECRET = ${secret ?? ''}`, `S3_SSE_C_KEY_FILE = ${other}`]
    writeFileSync(config, ['[main]', ...lines, ...more, ''].join('\n'), { mode: 0o600 })
    const changed = await z3(['copy', '--verbose', from, `${to}/new`, '--to-config', config])
    t.equal(changed.code, 0, changed.stderr)
    t.notMatch(changed.stdout, /server/)
    t.ok(DATA.equals(await readSealed(copies, `new/${NAME}`, otherKey)))
  })

  await t.test('objects of both kinds', async (t) => {
    t.equal((await put('plain', plain, Buffer.from('old'))).code, 0)
    const { code, stdout, stderr } = await runBinary('z3-get', ['plain', KEY], { env })
    t.equal(code, 0, stderr)
    t.equal(stdout.length, 3 + DATA.length)
  })

  await t.test('a server without the encryption that is asked for', async (t) => {
    for (const sse of ['AES256', 'aws:kms']) {
      const { code, stderr } = await put('x', { ...plain, S3_SSE: sse }, Buffer.from('x'))
      t.equal(code, 1, stderr)
      t.match(stderr, /does not confirm the encryption S3_SSE=AES256|responded 400 /)
    }
    const doctor = await z3(['doctor', '--write'], { ...plain, S3_SSE: 'aws:kms' })
    t.equal(doctor.code, 3, doctor.stderr)
    t.match(doctor.stdout, /^problem {2}encryption: .*: the encryption fails$/m)
    t.notOk((await bucket.keys()).includes('x'))
    t.strictSame(await bucket.pending(), [])
  })
}

const servers = testServers().filter(({ name }) => ['rgw-tls', 'rgw20-tls'].includes(name))
if (servers.length === 0) void t.test('SSE-C', { skip: NO_SERVER }, () => undefined)
for (const server of servers) {
  void t.test(server.name, (t) => onServer(t, server))
}
