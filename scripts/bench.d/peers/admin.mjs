// admin.mjs make|size|delete BUCKET KEY: around the runs, not measured
import process from 'node:process'
import { CreateBucketCommand, DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { client } from './client.mjs'

const [verb, Bucket, Key] = process.argv.slice(2)
if (verb === 'make') {
  await client.send(new CreateBucketCommand({ Bucket }))
} else if (verb === 'size') {
  const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key }))
  console.log(ContentLength)
} else {
  await client.send(new DeleteObjectCommand({ Bucket, Key }))
}
