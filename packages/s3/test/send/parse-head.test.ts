import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { parseHead } from '../../src/s3/send/parse-head.js'
import { replay, supportReplay } from '../../src/s3/send/replay.js'

const client = new S3Client({
  region: 'us-east-1',
  credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
})
supportReplay(client)

const bySdk = (headers: Readonly<Record<string, string>>) =>
  replay(client, { status: 200, headers, body: new Uint8Array(0) }, 0, (carrier) =>
    client.send(new HeadObjectCommand({ Bucket: 'b', Key: 'k', ...carrier })),
  )

const PLAIN = {
  'content-length': '1234567890123',
  etag: '"0123456789abcdef0123456789abcdef-7"',
  'last-modified': 'Sun, 29 Nov 2026 23:59:59 GMT',
  'x-amz-request-id': 'tx00000a',
}

const REPLIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a plain object': PLAIN,
  metadata: {
    ...PLAIN,
    'x-amz-meta-isfull': 'true',
    'x-amz-meta-a-b': 'tank/a@b, c',
    'x-amz-meta-empty': '',
  },
  'a checksum': {
    ...PLAIN,
    'x-amz-checksum-crc32': 'AAAAAA==',
    'x-amz-checksum-type': 'FULL_OBJECT',
  },
  'a lock and a version': {
    ...PLAIN,
    'x-amz-version-id': 'v1',
    'x-amz-object-lock-mode': 'COMPLIANCE',
    'x-amz-object-lock-retain-until-date': '2027-01-31T10:11:12.123Z',
    'x-amz-object-lock-legal-hold': 'ON',
  },
  'an archive': {
    ...PLAIN,
    'x-amz-storage-class': 'DEEP_ARCHIVE',
    'x-amz-archive-status': 'DEEP_ARCHIVE_ACCESS',
    'x-amz-restore': 'ongoing-request="false", expiry-date="Fri, 23 Dec 2026 00:00:00 GMT"',
  },
  KMS: { ...PLAIN, 'x-amz-server-side-encryption': 'aws:kms' },
  'SSE-C': { ...PLAIN, 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
  'no length': { etag: PLAIN.etag },
  'an empty object': { ...PLAIN, 'content-length': '0' },
}

for (const [name, headers] of Object.entries(REPLIES)) {
  void t.test(`${name}: as the SDK reads it`, async (t) => {
    const parsed = parseHead(headers)
    const expected = await bySdk(headers)
    t.ok(parsed)
    for (const [member, value] of Object.entries(parsed ?? {})) {
      if (member === '$metadata') continue
      t.same(value, Reflect.get(expected, member), member)
    }
    t.equal(parsed?.$metadata.requestId || undefined, expected.$metadata.requestId)
    for (const member of Object.keys(expected)) {
      if (member === 'ObjectLockMode' || expected[member as 'ETag'] === undefined) continue
      t.ok(Reflect.has(parsed ?? {}, member), `${member} is not lost`)
    }
  })
}

void t.test('what the API does not describe is left to the SDK', (t) => {
  for (const [header, value] of [
    ['content-length', '-1'],
    ['content-length', '12, 12'],
    ['last-modified', 'yesterday'],
    ['x-amz-object-lock-retain-until-date', 'for ever'],
  ] as const) {
    t.equal(parseHead({ ...PLAIN, [header]: value }), undefined, `${header}: ${value}`)
  }
  t.end()
})
