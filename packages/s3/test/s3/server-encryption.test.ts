import { createHash } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { GetObjectCommand, S3Client, UploadPartCopyCommand } from '@aws-sdk/client-s3'
import { startFakeS3, type Faults } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { toZ3Error } from '../../src/s3/connection/explain-error.js'
import type { S3Options } from '../../src/s3/connection/s3-options.js'
import { addEncryption } from '../../src/s3/connection/server-encryption.js'
import { readSseKey } from '../../src/s3/connection/sse-key.js'
import { S3Store } from '../../src/s3/s3-store.js'

const CREDENTIALS = { accessKeyId: 'AKID', secretAccessKey: 'SECRET' }
const KEY = Buffer.alloc(32, 'k')
const CUSTOMER = 'x-amz-server-side-encryption-customer-algorithm'
const SOURCE = 'x-amz-copy-source-server-side-encryption-customer-algorithm'

const open = async (t: Test, faults: Faults, sse: NonNullable<S3Options['sse']>) => {
  const fake = await startFakeS3({ faults })
  const store = new S3Store({
    bucket: 'bucket',
    endpoint: fake.endpoint,
    credentials: CREDENTIALS,
    attempts: 1,
    connections: 1,
    sse,
  })
  t.teardown(async () => {
    store.close()
    await fake.close()
  })
  const put = async () => {
    const upload = await store.createUpload('k', { metadata: {}, overwrite: false })
    const part = { partNumber: 1, offset: 0, body: Buffer.from('data'), digest: {} }
    return upload.complete([await upload.uploadPart(part)])
  }
  return { fake, store, put }
}

const confirms =
  (algorithm: string): Faults =>
  ({ op }) =>
    ['PutObject', 'CreateMultipartUpload', 'HeadObject'].includes(op)
      ? { headers: { 'x-amz-server-side-encryption': algorithm } }
      : undefined

void t.test('uploads and small objects ask for the KMS key', async (t) => {
  const sse = { algorithm: 'aws:kms', kmsKey: 'alias/b', bucketKey: true } as const
  const { fake, store, put } = await open(t, confirms('aws:kms'), sse)
  const info = await put()
  t.equal(info.etagKind, 'other', 'its ETag is not an MD5')
  await store.put('small', Buffer.from('x'))
  await store.get('small', 10)
  for (const { op, headers } of fake.requests) {
    const asks = op === 'CreateMultipartUpload' || op === 'PutObject'
    t.strictSame(
      [
        headers['x-amz-server-side-encryption'],
        headers['x-amz-server-side-encryption-aws-kms-key-id'],
        headers['x-amz-server-side-encryption-bucket-key-enabled'],
      ],
      asks ? ['aws:kms', 'alias/b', 'true'] : [undefined, undefined, undefined],
      op,
    )
  }
})

void t.test('a server that does not confirm the encryption', async (t) => {
  const { fake, store, put } = await open(t, () => undefined, { algorithm: 'AES256' })
  const message = /^the server does not confirm the encryption S3_SSE=AES256/
  await t.rejects(put(), { code: 'not-implemented', message })
  t.equal(fake.uploads.size, 0, 'the upload is aborted')
  t.notOk(fake.requests.some(({ op }) => op === 'UploadPart'))
  await t.rejects(store.put('small', Buffer.from('x')), { code: 'not-implemented', message })
})

/** As AWS: a key for an object without one is an error. */
const refuses =
  (all: boolean): Faults =>
  ({ headers }) =>
    all || (headers[CUSTOMER] ?? headers[SOURCE])
      ? { status: 400, code: 'InvalidRequest', message: headers[CUSTOMER] ? 'first' : 'second' }
      : undefined

const withKey = async (t: Test, faults?: Faults) => {
  const fake = await startFakeS3(faults ? { faults } : {})
  const client = new S3Client({
    endpoint: fake.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  })
  addEncryption(client, { key: KEY })
  t.teardown(async () => {
    client.destroy()
    await fake.close()
  })
  fake.put('k', 'data')
  return { fake, client }
}

void t.test('objects that were stored without the key stay readable', async (t) => {
  const { fake, client } = await withKey(t, refuses(false))
  const read = new GetObjectCommand({ Bucket: 'bucket', Key: 'k' })
  t.equal(await (await client.send(read)).Body?.transformToString(), 'data')
  t.strictSame(
    fake.requests.map(({ headers }) => headers[CUSTOMER]),
    ['AES256', undefined],
  )
  fake.faults = refuses(true)
  await t.rejects(client.send(read), { message: 'first' }, 'the refusal of the key is reported')
})

void t.test('a copy has the key of its source, too', async (t) => {
  const { fake, client } = await withKey(t)
  const copy = new UploadPartCopyCommand({
    Bucket: 'bucket',
    Key: 'copy',
    UploadId: 'u',
    PartNumber: 1,
    CopySource: 'bucket/k',
  })
  await t.rejects(client.send(copy), 'the fake cannot copy')
  const md5 = createHash('md5').update(KEY).digest('base64')
  for (const start of ['x-amz', 'x-amz-copy-source']) {
    const header = (name: string) =>
      fake.requests[0]?.headers[`${start}-server-side-encryption-customer-${name}`]
    t.strictSame(
      [header('algorithm'), header('key'), header('key-md5')],
      ['AES256', KEY.toString('base64'), md5],
    )
  }
})

void t.test('key files', (t) => {
  const dir = t.testdir({})
  const write = (body: string | Buffer, mode = 0o600): string => {
    writeFileSync(`${dir}/key`, body)
    chmodSync(`${dir}/key`, mode)
    return `${dir}/key`
  }
  t.equal(readSseKey(undefined), undefined)
  t.strictSame(readSseKey(write(KEY)), KEY)
  t.strictSame(readSseKey(write(`${KEY.toString('base64')}\n`)), KEY)
  t.strictSame(readSseKey(write(KEY, 0o640)), KEY, 'a group may read it')
  const refused = (file: string, message: RegExp): void => {
    t.throws(() => readSseKey(file), { code: 'config', message })
  }
  refused(write(KEY, 0o604), /every user has access/)
  refused(write(Buffer.concat([KEY, KEY])), /is not a key: 32 bytes/)
  refused(write(`${KEY.toString('hex')}\n`), /is not a key/)
  refused(write(''), /is not a key/)
  refused(write(Buffer.alloc(1000)), /not a file with a key/)
  refused('/dev/zero', /not a file with a key/)
  refused(dir, /not a file with a key/)
  refused(`${dir}/none`, /^cannot read the SSE-C key .*ENOENT/)
  t.end()
})

void t.test('SSE-C needs TLS', (t) => {
  const sseKeyFile = `${t.testdir({})}/key`
  writeFileSync(sseKeyFile, KEY, { mode: 0o600 })
  const store = (endpoint: string) =>
    new S3Store({ bucket: 'b', endpoint, connections: 1, sseKeyFile })
  t.throws(() => store('http://127.0.0.1:9'), { code: 'config', message: /needs TLS/ })
  store('https://127.0.0.1:9').close()
  t.end()
})

void t.test('errors name the key', (t) => {
  const explain = (status: number, name: string, message: string, hasSseKey = false) => {
    const error = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } })
    const explained = toZ3Error(error, 'read', 'bucket', { hasSseKey })
    return `${explained.code}: ${explained.message} ${explained.hint ?? ''}`
  }
  // of radosgw 16 and 20, and of AWS
  for (const message of [
    'The calculated MD5 hash of the key did not match the hash that was provided.',
    'Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.',
    'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
  ]) {
    t.match(
      explain(400, 'InvalidArgument', message),
      /^access-denied: .*the SSE-C key of the object is missing or wrong: .* Set S3_SSE_C_KEY_FILE/,
    )
  }
  const kms = /^access-denied: .*the server cannot use the KMS key/
  t.match(explain(400, 'InvalidArgument', 'Failed to retrieve the actual key, kms-keyid: x'), kms)
  t.match(explain(400, 'KMS.NotFoundException', 'Invalid keyId'), kms)
  const denied = 'User: u is not authorized to perform: kms:GenerateDataKey on resource: r'
  t.match(explain(403, 'AccessDenied', denied), kms)
  t.match(explain(403, 'AccessDenied', 'Access Denied', true), /another key than that of S3_SSE_C/)
  t.notMatch(explain(403, 'AccessDenied', 'Access Denied'), /S3_SSE_C/)
  t.end()
})
