import assert from 'node:assert/strict'
import { fakeBucket, fuzz, nastyText, orRefusedLater } from '@z3/fixtures'
import t from 'tap'
import { openStore } from '../src/index.js'

/** Pieces of what servers answer to listings. */
const XML = [
  '<?xml version="1.0"?>',
  '<ListBucketResult>',
  '</ListBucketResult>',
  '<ListMultipartUploadsResult>',
  '</ListMultipartUploadsResult>',
  '<IsTruncated>true</IsTruncated>',
  '<IsTruncated>false</IsTruncated>',
  '<NextContinuationToken>x</NextContinuationToken>',
  '<NextKeyMarker>k</NextKeyMarker>',
  '<Contents><Key>a</Key><Size>1</Size><ETag>"x"</ETag></Contents>',
  '<Contents><Key>a</Key><Size>-1</Size></Contents>',
  '<Contents><Size>1</Size></Contents>',
  '<Upload><Key>a</Key><UploadId>1</UploadId><Initiated>never</Initiated></Upload>',
  '<Error><Code>SlowDown</Code></Error>',
  '&lt;',
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  '&a;',
  '<![CDATA[',
]

void t.test('listings: objects, or an error of ours', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const store = await openStore(
    { kind: 's3', bucket: 'bucket' },
    {
      endpoint: bucket.endpoint,
      credentials: { accessKeyId: 'k', secretAccessKey: 's' },
      attempts: 1,
      connections: 1,
      firstDelay: 1,
    },
  )
  t.teardown(() => {
    store.close()
  })
  const { signal } = new AbortController()
  await fuzz(
    [nastyText(...XML)],
    async (text) => {
      bucket.fake.faults = () => ({ garbled: text })
      await orRefusedLater(async () => {
        let seen = 0
        for await (const one of store.list('', signal)) {
          assert.notEqual(one.key, '')
          if ('size' in one) assert.ok(Number.isSafeInteger(one.size) && one.size >= 0)
          // the same page for ever is an endless listing
          if (++seen > 10_000) throw new Error('an endless listing')
        }
      })
      await orRefusedLater(async () => {
        for await (const { key, uploadId } of store.listUploads('', signal)) {
          assert.ok(key !== '' && uploadId !== '')
        }
      })
    },
    200,
  )
})
