// get-object.mjs BUCKET KEY: an S3 object to stdout by one GetObject
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { client } from './client.mjs'

const [Bucket, Key] = process.argv.slice(2)
const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
await pipeline(Body, process.stdout)
