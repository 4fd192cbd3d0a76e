import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import {
  fakeBucket,
  NO_SERVER,
  NO_ZFS,
  serverBucket,
  setLifecycle,
  setPolicy,
  testPool,
  testIo,
  testServers,
  type TestBucket,
  type TestServer,
} from '@z3/fixtures'
import { Interrupted } from '@z3/cli'
import { readAllowed, runZfs } from '@z3/zfs'
import t, { type Test } from 'tap'
import { main } from '../../src/main.js'
import type { Finding } from '../../src/doctor/finding.js'
import { z3On } from '../setup.js'

type Env = Readonly<Record<string, string>>

/** Runs `z3 doctor --json`. */
const doctorOn = (bucket: Pick<TestBucket, 'env'>, home: string) => {
  const z3 = z3On(bucket, home)
  return async (args: readonly string[] = [], env: Env = {}) => {
    const { code, stdout, stderr } = await z3(['doctor', '--json', ...args], env)
    const { status, findings } = JSON.parse(String(stdout)) as {
      status: string
      findings: readonly Finding[]
    }
    /** `ok`, `problem+ok` */
    const state = (check: string) =>
      findings
        .filter((one) => one.check === check)
        .map((one) => one.state)
        .join('+')
    const text = (check: string) =>
      findings
        .filter((one) => one.check === check)
        .map((one) => `${one.text} ${one.fix ?? ''}`)
        .join('\n')
    for (const one of findings) {
      const needsFix = one.state === 'problem' || one.state === 'warning'
      if (needsFix && one.fix === undefined) throw new Error(`no fix: ${one.text}`)
    }
    return { code, status, findings, state, text, stderr }
  }
}

void t.test('no configuration, or a wrong one', async (t) => {
  const home = t.testdir({
    'wrong.conf': '[main]\nBUCKT = a\nCONCURRENCY = many\n',
    'keys.conf': '[main]\nBUCKET = file:///\nS3_KEY_ID = a\nS3_SECRET = b\n',
  })
  const doctor = doctorOn({ env: {} }, home)

  const none = await doctor()
  t.equal(none.code, 3)
  t.equal(none.status, 'problems')
  t.match(none.text('configuration'), 'BUCKET is not set')
  t.equal(none.state('dataset'), 'skipped')

  const wrong = await doctor(['--config', `${home}/wrong.conf`])
  t.equal(wrong.code, 3)
  t.equal(wrong.state('configuration'), 'problem+problem')
  t.match(wrong.text('configuration'), /wrong\.conf:2.*BUCKT.*\n.*wrong\.conf:3.*CONCURRENCY/)
  t.equal((await doctor(['--config', `${home}/none.conf`])).code, 3)

  const z3 = z3On({ env: {} }, home)
  const usage = await z3(['doctor', '--bogus'])
  t.equal(usage.code, 2)
  const both = await z3(['doctor', 'tank/a', '--dataset', 'tank/b'])
  t.equal(both.code, 2, both.stderr)

  const args = ['--config', `${home}/keys.conf`]
  chmodSync(`${home}/keys.conf`, 0o644)
  const open = await doctor(args)
  t.match(
    open.text('configuration'),
    /keys\.conf contains credentials and can be read by every.*chmod 600/,
  )
  chmodSync(`${home}/keys.conf`, 0o646)
  t.match((await doctor(args)).text('configuration'), /written by every user.*chmod go-w/)
  chmodSync(`${home}/keys.conf`, 0o640)
  const group = await doctor(args)
  t.match(group.text('configuration'), 'can be read by its group')
  t.notMatch(JSON.stringify(group.findings), '"b"', 'no secret is printed')
  chmodSync(`${home}/keys.conf`, 0o600)
  t.equal((await doctor(args)).state('configuration'), 'ok')
  mkdirSync(`${home}/.config/z3`, { recursive: true })
  writeFileSync(`${home}/.config/z3/z3.conf`, '[main]\n')
  t.match((await doctor(args)).text('configuration'), /\.config\/z3\/z3\.conf is not read/)
})

void t.test('a directory', async (t) => {
  const dir = t.testdir({ store: {} })
  const bucket = { env: { BUCKET: `file://${dir}/store`, COMPRESSOR: 'none' } }
  const doctor = doctorOn(bucket, dir)
  const read = await doctor()
  t.equal(read.state('write'), 'skipped')
  t.equal(read.state('bucket'), 'ok')
  t.match(read.text('space'), 'free')
  t.strictSame(readdirSync(`${dir}/store`), [], 'nothing was written')
  const written = await doctor(['--write'])
  t.equal(written.state('write'), 'ok')
  t.equal(written.state('checksums'), 'ok')
  t.strictSame(readdirSync(`${dir}/store`), [], 'nothing is left')
  const missing = await doctor([], { BUCKET: `file://${dir}/none` })
  t.equal(missing.code, 3)
  t.equal(missing.state('bucket'), 'problem+unknown')
  t.equal((await doctor([], { S3_LOCK: 'governance:1d' })).state('configuration'), 'ok+problem')
})

void t.test('no server, and wrong programs', async (t) => {
  const env = {
    BUCKET: 'bucket',
    S3_ENDPOINT: 'http://127.0.0.1:9',
    S3_KEY_ID: 'a',
    S3_SECRET: 'b',
  }
  const doctor = doctorOn({ env: { ...env, MAX_RETRIES: '1' } }, t.testdir({}))
  const down = await doctor(['tank/data'], { PATH: '/nonexistent' })
  t.equal(down.code, 3)
  t.equal(down.state('endpoint'), 'problem')
  t.match(down.text('programs'), "'pigz' is not in PATH")
  t.equal(down.state('bucket'), 'unknown')
})

void t.test('a server that refuses the scratch object', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const doctor = doctorOn(bucket, t.testdir({}))
  fake.faults = ({ op }) =>
    op === 'UploadPart' || op === 'AbortMultipartUpload' ? { status: 403 } : undefined
  const pending = await doctor(['--write'])
  t.equal(pending.code, 3)
  t.match(pending.text('write'), /the upload of '\S*doctor-\w+' may be pending, .*not aborted:/)
  t.match(pending.text('write'), /Run 'z3 cleanup --older-than 0s --prefix \S*doctor-\w+' with/)
  t.equal(fake.uploads.size, 1)
  t.equal(pending.state('encryption'), '', 'none is asked for')

  fake.faults = ({ op }) => (op === 'UploadPart' ? { status: 403 } : undefined)
  const aborted = await doctor(['--write'])
  t.notMatch(aborted.text('write'), 'may be pending')

  const kms = { S3_SSE: 'aws:kms', S3_SSE_KMS_KEY: 'alias/none' }
  const isEncrypted = 'x-amz-server-side-encryption'
  fake.faults = ({ op, headers }) =>
    op === 'CreateMultipartUpload' && isEncrypted in headers
      ? { status: 400, code: 'KMS.NotFoundException', message: 'Alias not found' }
      : undefined
  const sealed = await doctor(['--write'], kms)
  t.equal(sealed.code, 3)
  t.match(sealed.text('write'), 'the server cannot use the KMS key')
  t.equal(sealed.state('encryption'), 'problem')
  t.match(sealed.text('encryption'), 'S3_SSE_KMS_KEY')
  t.strictSame([...fake.objects.keys()], [], 'nothing is left')

  fake.faults = ({ op }) =>
    op === 'CreateMultipartUpload' ? { status: 403, code: 'AccessDenied' } : undefined
  const refused = await doctor(['--write'], kms)
  t.equal(refused.state('encryption'), '', 'it is not the cause')
})

void t.test('Ctrl-C during the scratch upload', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  /** What is on standard error if a signal comes during a request. */
  const interrupted = async (during: string, more: typeof fake.faults) => {
    const io = testIo({ ...bucket.env, HOME: t.testdirName, MAX_RETRIES: '1' })
    fake.faults = (request) => {
      if (request.op === during) io.abort(new Interrupted('SIGINT'))
      return more?.(request)
    }
    t.equal(await main(['doctor', '--write'], io), 130, io.err())
    t.equal(io.out(), '', 'no findings are printed')
    return io.err()
  }
  for (const during of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']) {
    const quiet = await interrupted(during, undefined)
    t.notMatch(quiet, 'not aborted')
    t.equal(fake.uploads.size, 0, `${during}: aborted`)
    t.strictSame([...fake.objects.keys()], [], `${during}: deleted`)
  }
  const denied = await interrupted('UploadPart', ({ op }) =>
    op === 'AbortMultipartUpload' ? { status: 403 } : undefined,
  )
  t.match(
    denied,
    /^z3: the upload of '(z3-backup\/\S+doctor-\w+)' may be pending, .*\nhint: Run 'z3 cleanup --older-than 0s --prefix \1' /m,
  )
  const [, key = ''] = /--prefix (\S+)' /.exec(denied) ?? []
  t.equal(fake.uploads.size, 1)
  fake.faults = undefined
  const cleanup = ['cleanup', '--older-than', '0s', '--prefix', key]
  t.equal((await z3On(bucket, t.testdirName)(cleanup)).code, 0)
  t.equal(fake.uploads.size, 0, 'the hint works')

  const kept = await interrupted('GetObject', ({ op }) =>
    op === 'DeleteObject' ? { status: 403 } : undefined,
  )
  t.match(kept, /^z3: 'z3-backup\/\S+' may have been stored, and was not deleted: .*\nhint: /m)
})

const onServer = async (t: Test, server: TestServer): Promise<void> => {
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const isSwift = server.kind === 'swift'
  const doctor = doctorOn(bucket, t.testdir({}))

  const fresh = await doctor()
  t.match(fresh.text('bucket'), "contains nothing under 'z3-backup/'")
  t.equal(fresh.state('clock'), 'ok')
  t.match(fresh.state('versioning'), /^(ok|unknown)$/)
  t.equal(fresh.state('object-lock'), 'ok')
  t.equal(fresh.state('uploads'), 'ok')
  t.equal(fresh.state('leases'), 'ok')
  t.equal(fresh.state('write'), 'skipped')
  t.equal(fresh.state('lifecycle'), isSwift ? 'warning' : 'ok+warning', fresh.text('lifecycle'))
  t.strictSame(await bucket.keys(), [])

  const written = await doctor(['--write'], { Z3_MANIFEST: 'yes' })
  t.equal(written.state('write'), 'ok', written.text('write'))
  // radosgw 16 ignores If-None-Match
  t.equal(written.state('conditional-writes'), server.kind === 'rgw' ? 'warning' : 'ok')
  t.equal(written.state('checksums'), 'ok')
  t.strictSame(await bucket.keys(), [], 'nothing is left')
  t.strictSame(await bucket.pending(), [], 'and nothing pending')

  const other = await doctor([], { BUCKET: 'z3-test-no-such-bucket' })
  t.equal(other.code, 3)
  t.match(other.text('bucket'), 'the bucket does not exist')
  const wrongKey = await doctor([], { S3_SECRET: 'wrong' })
  t.equal(wrongKey.code, 3)
  t.equal(wrongKey.state('credentials'), 'ok+problem')
  t.equal((await doctor([], { S3_LOCK: 'governance:1d' })).state('object-lock'), 'problem')

  const lease = 'z3-backup/.z3/prune/tank/data@nas-1-abc-0123abcd.lease'
  await bucket.put(lease, Buffer.from('{}'))
  const held = await doctor()
  t.equal(held.state('leases'), 'warning')
  t.match(held.text('leases'), 'z3 prune of tank/data holds a lease (nas-1)')
  await bucket.remove(lease)
  if (isSwift) return

  await setLifecycle(bucket, [
    { ID: 'clean', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 30 } },
    {
      ID: 'abort',
      Status: 'Enabled',
      Filter: { Prefix: 'z3-' },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    },
    { ID: 'off', Status: 'Disabled', Filter: { Prefix: 'z3-b' }, Expiration: { Days: 1 } },
  ])
  const ruled = await doctor()
  t.equal(ruled.code, 3)
  t.equal(ruled.state('lifecycle'), 'problem+ok')
  t.match(ruled.text('lifecycle'), "rule 'clean' (prefix '') deletes backups after 30 days")

  await bucket.setVersioning('Enabled')
  const versioned = await doctor(['--write'])
  t.match(versioned.text('versioning'), 'enabled')
  t.match(versioned.text('write'), 'stays in the bucket, since it has versioning')

  const arn = `arn:aws:s3:::${bucket.bucket}`
  const deny = (Action: readonly string[]) =>
    setPolicy(bucket, [{ Effect: 'Deny', Principal: '*', Action, Resource: [arn, `${arn}/*`] }])
  await deny(['s3:GetLifecycleConfiguration', 's3:GetBucketVersioning'])
  const limited = await doctor()
  t.equal(limited.code, 1)
  t.equal(limited.status, 'unknown')
  t.equal(limited.state('lifecycle'), 'unknown')
  t.match(limited.text('lifecycle'), 's3:GetLifecycleConfiguration')
  t.equal(limited.state('versioning'), 'unknown')
  await deny(['s3:DeleteObject'])
  const append = await doctor(['--write'])
  t.match(append.text('write'), /may have been stored, and was not deleted/)
  await deny(['s3:PutObject'])
  const readOnly = await doctor(['--write'])
  t.equal(readOnly.code, 3)
  t.match(readOnly.state('write'), 'problem')
  await deny(['s3:ListBucket'])
  const blind = await doctor()
  t.equal(blind.state('bucket'), 'unknown')
  t.match(blind.state('credentials'), 'problem')
}

const servers = testServers()
const skip = NO_ZFS || (servers.length === 0 && NO_SERVER)
void t.test('real servers', { skip }, async (t) => {
  // without one, zfs is a problem
  const pool = await testPool('z3docs')
  t.teardown(() => pool.close())
  for (const server of servers) await t.test(server.name, (t) => onServer(t, server))
})

void t.test('zfs', { skip: NO_ZFS }, async (t) => {
  const pool = await testPool('z3doc')
  t.teardown(() => pool.close())
  await pool.must('zfs create "$POOL/data"; zfs snapshot "$POOL/data@autosnap_2026-11-30"')
  const dir = t.testdir({ store: {} })
  const doctor = doctorOn({ env: { BUCKET: `file://${dir}/store`, COMPRESSOR: 'none' } }, dir)
  const data = `${pool.name}/data`
  const fine = await doctor([data])
  t.equal(fine.state('zfs'), 'ok', fine.text('zfs'))
  t.equal(fine.state('snapshots'), 'ok')
  t.match(fine.text('permissions'), 'root')
  const prefix = await doctor([data, '--snapshot-prefix', 'daily'])
  t.equal(prefix.code, 3)
  t.match(
    prefix.text('snapshots'),
    'Existing prefixes: autosnap_ 1; use --snapshot-prefix=autosnap_',
  )
  await t.test('permissions of zfs allow', async (t) => {
    await pool.must(`zfs allow -s @marks bookmark,destroy "$POOL"
      zfs allow -u nobody send,hold "$POOL"
      zfs allow -l -u nobody rollback "$POOL"
      zfs allow -d -g nogroup @marks "$POOL"
      zfs allow everyone diff "$POOL/data"`)
    const { env } = process
    const allowed = async (...groups: readonly string[]) =>
      [...(await readAllowed(runZfs({ env }), data, { user: 'nobody', groups }))].sort()
    t.strictSame(await allowed(), ['diff', 'hold', 'send'])
    t.strictSame(await allowed('nogroup'), ['bookmark', 'destroy', 'diff', 'hold', 'send'])
  })
  const none = await doctor([`${data}/none`])
  t.equal(none.state('dataset'), 'problem')
})
