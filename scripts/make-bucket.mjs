// make-bucket NAME: create a bucket on the server at S3_ENDPOINT with S3_KEY_ID and S3_SECRET; for
// the demo, the tests and the benchmark
import { createRequire } from 'node:module'
import process from 'node:process'

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
const require = createRequire(new URL('../packages/s3/package.json', import.meta.url))
const { CreateBucketCommand, S3Client } = require('@aws-sdk/client-s3')

const { S3_ENDPOINT, S3_KEY_ID, S3_SECRET } = process.env
const client = new S3Client({
  endpoint: S3_ENDPOINT,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: S3_KEY_ID, secretAccessKey: S3_SECRET },
})
await client.send(new CreateBucketCommand({ Bucket: process.argv[2] }))
