// What z3's tests rely on in a server; run by selftest.
import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import * as s3 from '@aws-sdk/client-s3'

const { KIND: kind, S3_ENDPOINT: endpoint, S3_KEY_ID: id, S3_SECRET: secret } = process.env
const bucket = process.env.BUCKET ?? `selftest-${randomBytes(4).toString('hex')}`
const MiB = 1 << 20

const connect = (secretAccessKey) =>
  new s3.S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: id, secretAccessKey },
    // older servers refuse the trailers that the sdk adds by itself
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
const client = connect(secret)
const call = (name, input, by = client) =>
  by.send(new s3[`${name}Command`]({ Bucket: bucket, ...input }))

let failed = 0
async function test(what, body) {
  try {
    await body()
    console.log(`ok ${new URL(endpoint).protocol} ${what}`)
  } catch (error) {
    failed += 1
    console.log(`not ok ${new URL(endpoint).protocol} ${what}: ${error.name}: ${error.message}`)
  }
}
function equal(got, wanted, what) {
  if (got !== wanted) throw new Error(`${what}: ${got} instead of ${wanted}`)
}
async function refused(promise, ...codes) {
  const got = await promise.then(
    () => 'done',
    (error) => error.$metadata?.httpStatusCode ?? error.message,
  )
  if (!codes.includes(got)) throw new Error(`${got} instead of ${codes.join(' or ')}`)
}
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex')
const read = async (input) => (await call('GetObject', input)).Body.transformToByteArray()
const crc = (bytes) => {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(crc32(bytes))
  return out.toString('base64')
}

const parts = [randomBytes(5 * MiB), randomBytes(5 * MiB), randomBytes(1234)]
const whole = Buffer.concat(parts)
async function upload(Key, extra = {}) {
  const { UploadId } = await call('CreateMultipartUpload', { Key, ...extra })
  const Parts = []
  for (const [i, Body] of parts.entries()) {
    const { ETag } = await call('UploadPart', {
      Key,
      UploadId,
      PartNumber: i + 1,
      Body,
    })
    Parts.push({ PartNumber: i + 1, ETag })
  }
  return { Key, UploadId, MultipartUpload: { Parts } }
}
const pending = async () => (await call('ListMultipartUploads', {})).Uploads?.length ?? 0

await test('wrong secret refused', () =>
  refused(call('ListBuckets', {}, connect(`${secret}x`)), 403))
await test('bucket', () => call('CreateBucket', {}))
await test('put and get', async () => {
  await call('PutObject', { Key: 'put', Body: whole })
  equal(sha(await read({ Key: 'put' })), sha(whole), 'bytes')
})
await test('wrong md5 refused', () =>
  refused(
    call('PutObject', {
      Key: 'md5',
      Body: 'a',
      ContentMD5: createHash('md5').update('b').digest('base64'),
    }),
    400,
  ))
await test('multipart of 3 parts', async () => {
  const input = await upload('multi')
  equal(await pending(), 1, 'pending')
  await call('CompleteMultipartUpload', input)
  equal(await pending(), 0, 'pending')
  equal(sha(await read({ Key: 'multi' })), sha(whole), 'bytes')
})
await test('abort leaves no pending upload', async () => {
  const { Key, UploadId } = await upload('aborted')
  await call('AbortMultipartUpload', { Key, UploadId })
  equal(await pending(), 0, 'pending')
  await refused(call('HeadObject', { Key }), 404)
})
await test('range', async () => {
  const got = await read({
    Key: 'multi',
    Range: `bytes=${5 * MiB - 10}-${5 * MiB + 9}`,
  })
  equal(sha(got), sha(whole.subarray(5 * MiB - 10, 5 * MiB + 10)), 'bytes')
  await refused(call('GetObject', { Key: 'multi', Range: `bytes=${whole.length}-` }), 416)
})
await test('keys and listing', async () => {
  const keys = ['k/a b', 'k/a%20b', 'k/a+b', 'k/pool@snap', 'k/größe-漢字', "k/!*'()&=?#"].sort()
  for (const Key of keys) await call('PutObject', { Key, Body: Key })
  const got = (await call('ListObjectsV2', { Prefix: 'k/' })).Contents.map((o) => o.Key).sort()
  equal(got.join('\n'), keys.join('\n'), 'listing')
  for (const Key of keys) equal(Buffer.from(await read({ Key })).toString(), Key, 'bytes')
})
await test('delete', async () => {
  await call('DeleteObject', { Key: 'put' })
  await refused(call('HeadObject', { Key: 'put' }), 404)
})
if (kind === 'rgw20') {
  await test('wrong crc32 of a part refused', async () => {
    const Key = 'crc'
    const { UploadId } = await call('CreateMultipartUpload', {
      Key,
      ChecksumAlgorithm: 'CRC32',
    })
    const part = { Key, UploadId, PartNumber: 1, Body: parts[0] }
    await refused(call('UploadPart', { ...part, ChecksumCRC32: crc(parts[1]) }), 400)
    const { ETag, ChecksumCRC32 } = await call('UploadPart', {
      ...part,
      ChecksumCRC32: crc(parts[0]),
    })
    equal(ChecksumCRC32, crc(parts[0]), 'checksum')
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] }
    const complete = {
      Key,
      UploadId,
      MultipartUpload,
      ChecksumType: 'FULL_OBJECT',
    }
    await refused(
      call('CompleteMultipartUpload', {
        ...complete,
        ChecksumCRC32: crc(parts[1]),
      }),
      400,
    )
    await call('AbortMultipartUpload', { Key, UploadId })
  })
  await test('if-none-match on complete: 412', async () => {
    await refused(
      call('CompleteMultipartUpload', {
        ...(await upload('multi')),
        IfNoneMatch: '*',
      }),
      412,
    )
    await call('CompleteMultipartUpload', {
      ...(await upload('new')),
      IfNoneMatch: '*',
    })
  })
}
process.exitCode = failed ? 1 : 0
