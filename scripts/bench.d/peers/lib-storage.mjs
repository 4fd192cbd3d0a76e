// lib-storage.mjs BUCKET KEY: stdin to S3, as one writes it by the SDK's
// documentation. Part size and concurrency as in the other rows.
import process from 'node:process'
import { Upload } from '@aws-sdk/lib-storage'
import { client } from './client.mjs'

const [Bucket, Key] = process.argv.slice(2)
await new Upload({
  client,
  params: { Bucket, Key, Body: process.stdin },
  partSize: 8 << 20,
  queueSize: 4,
}).done()
