/** The printed policies, beside the requests of real runs. */
import { readFileSync } from 'node:fs'
import {
  NO_SERVER,
  NO_ZFS,
  serverBucket,
  testIo,
  testPool,
  testServers,
  type TestPool,
  type TestServer,
} from '@z3/fixtures'
import { openStore } from '@z3/s3'
import t, { type Test } from 'tap'
import type { Policy, PolicyMode } from '../src/iam/policy.js'
import { main } from '../src/main.js'
import { neededFor, type Needed } from './iam/actions.js'
import { denyOthers, forbidden, unused } from './iam/policies.js'
import { z3On } from './setup.js'
import { startFaultProxy } from './soak/fault-proxy.js'

type Env = Readonly<Record<string, string>>

const ON_AWS = { HOME: '/nonexistent', BUCKET: 'my-backups' }

const print = async (args: readonly string[], env: Env = ON_AWS) => {
  const io = testIo(env)
  const code = await main(['iam-policy', ...args], io)
  return { code, stdout: io.out(), stderr: io.err() }
}

const policyOf = async (mode: PolicyMode, env: Env, ...more: readonly string[]) => {
  const { stdout } = await print(['--mode', mode, ...more], env)
  return JSON.parse(stdout) as Policy
}

void t.test('the example of the document is what is printed', async (t) => {
  const page = readFileSync(new URL('../../../docs/iam-policy.md', import.meta.url), 'utf8')
  const [, example = ''] = /```json\n(.*?)\n```/s.exec(page) ?? []
  t.strictSame(JSON.parse(example), await policyOf('backup', ON_AWS))
})

void t.test('bad input', async (t) => {
  const cases: readonly (readonly [readonly string[], RegExp, Env?])[] = [
    [[], /^z3: --mode is missing \(allowed: backup, append-only, restore, verify, prune\)/],
    [['--mode', 'all'], /'all' is not one of/],
    [['--mode', 'backup', 'tank/data'], /unexpected argument/],
    [['--mode', 'backup', '--thaw'], /--thaw has no meaning with --mode backup/],
    [['--mode', 'backup', '--versions'], /--versions has no meaning with --mode backup/],
    [['--mode', 'backup'], /BUCKET is not set/, { HOME: '/nonexistent' }],
    [['--mode', 'backup', '--bucket', 'file:///mnt'], /a directory has no IAM policy/],
  ]
  for (const [args, message, env] of cases) {
    const { code, stdout, stderr } = await print(args, env)
    t.strictSame([code, stdout], [2, ''], stderr)
    t.match(stderr, message)
  }
})

void t.test('settings that need more', async (t) => {
  const actions = async (mode: PolicyMode, env: Env, ...more: readonly string[]) =>
    (await policyOf(mode, { ...ON_AWS, ...env }, ...more)).Statement.flatMap(({ Action }) => Action)
  t.notOk(
    (await actions('backup', { S3_ACL: '', Z3_S3_ACL: '' }, '--acl', '')).includes(
      's3:PutObjectAcl',
    ),
  )
  t.ok((await actions('backup', {}, '--tags', 'a=b')).includes('s3:PutObjectTagging'))
  const old = ['s3:GetBucketVersioning', 's3:ListBucketVersions', 's3:GetObjectVersion']
  for (const mode of ['restore', 'verify'] as const) {
    t.strictSame(
      (await actions(mode, {}, '--versions')).filter((one) => old.includes(one)),
      old,
    )
  }
  t.ok((await actions('prune', {}, '--versions')).includes('s3:DeleteObjectVersion'))
  for (const mode of ['append-only', 'restore', 'verify'] as const) {
    t.notOk(
      (await actions(mode, {})).some((one) => one.startsWith('s3:Delete')),
      mode,
    )
  }
})

void t.test('resources', async (t) => {
  const resource = async (env: Env) => {
    const { Statement } = await policyOf('restore', { ...ON_AWS, ...env })
    return Statement.map(({ Resource }) => Resource)
  }
  t.strictSame(await resource({ BUCKET: 't:bucket', S3_PREFIX: 'a*$b' }), [
    'arn:aws:s3::t:bucket',
    'arn:aws:s3::t:bucket/a${*}${$}b/*',
  ])
  const point = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/backups'
  t.strictSame(await resource({ BUCKET: point }), [point, `${point}/object/z3-backup/*`])
  t.match(await resource({ S3_REGION: 'cn-north-1' }), [/^arn:aws-cn:s3:::/])
})

void t.test('KMS keys', async (t) => {
  const statement = async (key: string, mode: PolicyMode = 'backup') => {
    const env = { ...ON_AWS, S3_SSE: 'aws:kms', S3_SSE_KMS_KEY: key, S3_REGION: 'eu-west-1' }
    return (await policyOf(mode, env)).Statement.find(({ Sid }) => Sid === 'Key')
  }
  const arn = 'arn:aws:kms:eu-west-1:123456789012:'
  t.match(await statement(`${arn}key/1-2`), {
    Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
    Resource: `${arn}key/1-2`,
  })
  t.match(await statement('1-2', 'restore'), {
    Action: ['kms:Decrypt'],
    Resource: 'arn:aws:kms:eu-west-1:*:key/1-2',
  })
  for (const [key, home] of [
    ['alias/b', 'arn:aws:kms:eu-west-1:*:'],
    [`${arn}alias/b`, arn],
  ] as const) {
    t.match(await statement(key), {
      Resource: `${home}key/*`,
      Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/b' } },
    })
  }
  const { stderr } = await print(['--mode', 'backup', '--sse', 'aws:kms'])
  t.match(stderr, /without S3_SSE_KMS_KEY, the policy has no KMS key/)
})

void t.test('sections of datasets', async (t) => {
  const dir = t.testdir({
    'z3.conf': `[main]
BUCKET = my-backups
S3_PREFIX = host/
S3_REGION = eu-west-1
[fs:tank/same]
COMPRESSOR = none
[fs:tank/mail]
S3_PREFIX = mail/
[fs:tank/vault]
S3_PREFIX = vault/
S3_LOCK = governance:30d
S3_SSE = aws:kms
S3_SSE_KMS_KEY = 1-2
[fs:tank/vault/inner]
S3_SSE_KMS_KEY = 3-4
`,
  })
  const file = ['--config', `${dir}/z3.conf`]
  const bucket = 'arn:aws:s3:::my-backups'
  const policy = await policyOf('backup', { HOME: dir }, ...file)
  const shown = policy.Statement.map(({ Sid, Resource }) => [Sid, [Resource].flat()])
  const kms = 'arn:aws:kms:eu-west-1:*:key'
  t.strictSame(shown, [
    ['Bucket', [bucket]],
    ['Objects', [`${bucket}/host/*`, `${bucket}/mail/*`]],
    ['Uploads', [`${bucket}/host/*`, `${bucket}/mail/*`]],
    ['Objects2', [`${bucket}/vault/*`]],
    ['Uploads2', [`${bucket}/vault/*`]],
    ['Key', [`${kms}/1-2`, `${kms}/3-4`]],
  ])
  const actions = policy.Statement.map(({ Action }) => Action)
  t.ok(actions[0]?.includes('s3:GetBucketObjectLockConfiguration'), 'of one section')
  t.notOk(actions[2]?.includes('s3:PutObjectRetention'), 'only where it is set')
  t.ok(actions[4]?.includes('s3:PutObjectRetention'))

  const thaw = await policyOf('restore', { HOME: dir }, '--thaw', ...file)
  const restore = thaw.Statement.find(({ Action }) => Action.includes('s3:RestoreObject'))
  t.strictSame(
    restore?.Resource,
    ['host', 'mail', 'vault'].map((name) => `${bucket}/${name}/*`),
  )
  const dear = await policyOf('restore', { HOME: dir }, ...file)
  t.notMatch(JSON.stringify(dear), 'RestoreObject', 'it costs money')
})

/** Shown by the response to HEAD: no request of its own. */
const BY_HEAD = ['s3:GetObjectRetention', 's3:GetObjectLegalHold']

interface Options {
  readonly more: Env
  /** Of z3 iam-policy. */
  readonly flags: readonly string[]
  /** Allowed, and not used by the run. */
  readonly rare: readonly string[]
}

const onServer = async (t: Test, server: TestServer, pool: TestPool): Promise<void> => {
  const dataset = `${pool.name}/data`
  const take = (snapshot: string) =>
    pool.must(
      `"$RUN" sh -c 'head -c 6000000 /dev/urandom > "$1"' sh "/$DATASET/${snapshot}"
       zfs snapshot "$DATASET@${snapshot}"`,
      { DATASET: dataset },
    )
  const proxy = await startFaultProxy(server.endpoint)
  t.teardown(() => proxy.close())
  let needed: Needed[] = []
  proxy.choose = (request) => {
    needed.push(...neededFor(request))
    return undefined
  }
  const open = async (options?: { objectLock: boolean; defaultLock: boolean }) => {
    const bucket = await serverBucket(server, options)
    t.teardown(() => bucket.close())
    const env = {
      ...bucket.env,
      S3_ENDPOINT: proxy.endpoint,
      COMPRESSOR: 'none',
    }
    return { bucket, env, z3: z3On({ env }, t.testdir({})) }
  }

  /** Run a mode while the server refuses everything else. */
  const check = async (
    t: Test,
    { bucket, env, z3 }: Awaited<ReturnType<typeof open>>,
    mode: PolicyMode,
    runs: readonly (readonly string[])[],
    { more = {}, flags = [], rare = [] }: Partial<Options> = {},
  ): Promise<void> => {
    const policy = await policyOf(mode, { ...env, ...more, HOME: '/nonexistent' }, ...flags)
    await denyOthers(bucket, policy)
    needed = []
    for (const run of runs) {
      const { code, stderr } = await z3(run, { Z3_MANIFEST: 'yes', ...more })
      t.equal(code, 0, stderr)
    }
    t.strictSame(forbidden(policy, needed), [], 'nothing else is needed')
    t.strictSame(
      unused(policy, needed).filter((one) => !rare.includes(one)),
      [],
      'nothing is unused',
    )
  }

  const scene = await open()
  const { bucket } = scene
  const key = (snapshot: string) => `z3-backup/${dataset}@${snapshot}`
  const store = await openStore(
    { kind: 's3', bucket: bucket.bucket },
    {
      endpoint: server.endpoint,
      credentials: { accessKeyId: server.keyId, secretAccessKey: server.secret },
      connections: 1,
    },
  )
  t.teardown(() => {
    store.close()
  })
  /** What an interrupted run has left. */
  const leave = async () => {
    const upload = await store.createUpload(key('left'), { metadata: {}, overwrite: false })
    await upload.uploadPart({ partNumber: 1, offset: 0, body: Buffer.from('x'), digest: {} })
    await new Promise((resolve) => setTimeout(resolve, 2_500))
  }
  const denied = { code: 'access-denied' }
  const put = (name: string) => store.put(name, Buffer.from('x'))
  const cleanup = ['cleanup', '--older-than', '1s']

  await t.test('append-only', async (t) => {
    await take('a')
    await leave()
    const more = { S3_ACL: 'private', S3_TAGS: 'a=b' }
    await check(t, scene, 'append-only', [['backup', dataset], cleanup], { more })
    t.ok((await bucket.keys()).includes(key('a')))
    await t.rejects(store.delete(key('a')), denied)
    await t.rejects(put('elsewhere'), denied)
  })

  await t.test('backup', async (t) => {
    await take('b')
    await denyOthers(bucket, undefined)
    await leave()
    await put(`z3-backup/.z3/${pool.name}/gone@x.json`)
    // nothing builds on @a, so that it can be pruned
    await check(t, scene, 'backup', [['backup', '--full', dataset], cleanup])
    t.strictSame(await bucket.pending(), [])
    t.notOk((await bucket.keys()).some((one) => one.includes('gone@x')))
    await t.rejects(put('elsewhere'), denied)
    await t.rejects(store.delete('elsewhere'), denied)
  })

  await t.test('restore', async (t) => {
    const into = `${pool.name}/back`
    await check(t, scene, 'restore', [
      ['status', dataset],
      ['restore', `${dataset}@b`, '--into', into],
    ])
    await t.rejects(put(key('c')), denied)
    await t.rejects(store.delete(key('b')), denied)
  })

  await t.test('verify', async (t) => {
    await check(t, scene, 'verify', [['verify', dataset]], { more: { S3_ACL: 'private' } })
    t.ok(
      (await bucket.keys()).some((one) => one.endsWith('@b.verified-stream')),
      'a record',
    )
    await t.rejects(put(key('c')), denied)
    await t.rejects(store.delete(key('b')), denied)
  })

  await t.test('prune', async (t) => {
    const prune = ['prune', '--retention', '1', '--max-percent', '100', dataset]
    await check(t, scene, 'prune', [prune], { more: { S3_ACL: 'private' } })
    t.notOk((await bucket.keys()).includes(key('a')), 'deleted')
    await t.rejects(put(key('c')), denied)
    await t.rejects(store.delete('elsewhere'), denied)
  })

  await t.test('old versions', async (t) => {
    await denyOthers(bucket, undefined)
    await bucket.setVersioning('Enabled')
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    const read = ['--as-of', '1s', dataset]
    const flags = ['--versions']
    const runs = [
      ['status', '--check', ...read],
      ['status', '--check', dataset],
    ]
    await check(t, scene, 'restore', runs, { flags })
    await t.rejects(put(key('c')), denied)
  })

  await t.test('Object Lock', async (t) => {
    const locked = await open({ objectLock: true, defaultLock: false })
    const more = { S3_LOCK: 'governance:60s', S3_LEGAL_HOLD: 'yes' }
    await check(t, locked, 'backup', [['backup', dataset]], {
      more,
      rare: [
        ...BY_HEAD,
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
        's3:DeleteObject',
      ],
    })
  })
}

const servers = testServers().filter(({ name }) => name === 'rgw')
const skip = NO_ZFS || (servers.length === 0 && NO_SERVER)
void t.test('real servers, real ZFS', { skip }, async (t) => {
  const pool = await testPool('z3i')
  t.teardown(() => pool.close())
  await pool.must('zfs create "$POOL/data"')
  for (const server of servers) {
    await t.test(server.name, (t) => onServer(t, server, pool))
  }
})
