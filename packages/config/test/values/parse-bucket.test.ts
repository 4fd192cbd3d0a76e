import t from 'tap'
import { parseBucket, type Bucket } from '../../src/values/parse-bucket.js'

const good: readonly [string, Bucket][] = [
  ['abc', { kind: 's3', bucket: 'abc' }],
  ['s3://my.bucket-1', { kind: 's3', bucket: 'my.bucket-1' }],
  ['s3://abc/', { kind: 's3', bucket: 'abc' }],
  ['a'.repeat(255), { kind: 's3', bucket: 'a'.repeat(255) }],
  // old buckets of AWS, Ceph, Swift; a tenant of Ceph; access points
  ...[
    'My-Bucket',
    'my_bucket',
    'acme:my-bucket',
    'arn:aws:s3:eu-west-1:123456789012:accesspoint/backups',
    'arn:aws-cn:s3-outposts:cn-north-1:123456789012:outpost/op-01/accesspoint/b',
  ].map((name): [string, Bucket] => [name, { kind: 's3', bucket: name }]),
  ['file:///srv/z3', { kind: 'file', path: '/srv/z3' }],
  ['file:///srv/z%203 x/', { kind: 'file', path: '/srv/z%203 x' }],
  ['file:///', { kind: 'file', path: '/' }],
]
for (const [text, bucket] of good) t.same(parseBucket(text), bucket, text)

const bad: readonly [string, RegExp][] = [
  ['ab', /^'ab' is not a bucket \(allowed: a name of 3 to 255 /],
  ['a'.repeat(256), /is not a bucket/],
  ['-abc', /is not a bucket/],
  ['abc.', /is not a bucket/],
  ['my_bucket_', /is not a bucket/],
  ['a:b:cde', /is not a bucket/],
  [':abc', /is not a bucket/],
  ['arn:aws:s3::123456789012:accesspoint/x.mrap', /bucket/],
  ['arn:aws:s3:::bucket', /is not a bucket/],
  ['s3://', /is not a bucket/],
  ['s3:///abc', /is not a bucket/],
  ['S3://abc', /is not a bucket/],
  ['/srv/z3', /is not a bucket .*file:\/\/\/absolute\/path/],
  ['https://abc.example', /is not a bucket/],
  ['abc/with/path', /contains more than a bucket \(the bucket is abc; .*S3_PREFIX/],
  ['s3://abc/path', /contains more than a bucket \(the bucket is abc; .*S3_PREFIX/],
  ['file://srv/z3', /is not an absolute path/],
  ['file:relative', /is not an absolute path/],
]
for (const [text, message] of bad) {
  t.throws(() => parseBucket(text), { code: 'config', message }, text)
}
