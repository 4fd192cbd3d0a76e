// The SDK's client with its defaults, at the server of the benchmark
import process from 'node:process'
import { S3Client } from '@aws-sdk/client-s3'

const { S3_ENDPOINT, S3_KEY_ID, S3_SECRET } = process.env

export const client = new S3Client({
  endpoint: S3_ENDPOINT,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: S3_KEY_ID, secretAccessKey: S3_SECRET },
})
