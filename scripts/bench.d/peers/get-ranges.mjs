// get-ranges.mjs BUCKET KEY: an S3 object to stdout by GetObjects of 8 MiB, 4
// at a time: what z3-get does, with the SDK alone
import { once } from 'node:events'
import process from 'node:process'
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { client } from './client.mjs'

const [Bucket, Key] = process.argv.slice(2)
const at = { Bucket, Key }
const part = 8 << 20

const { ContentLength: size = 0, ETag: IfMatch } = await client.send(new HeadObjectCommand(at))

const read = async (first) => {
  const Range = `bytes=${first}-${Math.min(first + part, size) - 1}`
  const get = new GetObjectCommand({ ...at, Range, IfMatch })
  return (await client.send(get)).Body.transformToByteArray()
}

const ahead = []
let next = 0
const readAhead = () => {
  if (next >= size) return
  ahead.push(read(next))
  next += part
}
for (let i = 0; i < 4; i++) readAhead()
for (let turn = ahead.shift(); turn; turn = ahead.shift()) {
  const bytes = await turn
  readAhead()
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain')
}
