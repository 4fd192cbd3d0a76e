// Many snapshots in a bucket, as z3 backup would have left them
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const require = createRequire(new URL('../../packages/s3/package.json', import.meta.url))

/** Objects that are put at once. */
const AT_ONCE = 32

/** Snapshots between two that are full. */
const CHAIN = 100

/** Names of datasets: one, or that many below it. */
const datasetsOf = (dataset, count) =>
  count === 1
    ? [dataset]
    : Array.from({ length: count }, (_, i) => `${dataset}/fs-${String(i).padStart(3, '0')}`)

/** One snapshot an hour, the last of them now. */
const snapshotsOf = (dataset, count, now) =>
  Array.from({ length: count }, (_, i) => {
    const created = now - (count - 1 - i) * 3600
    const time = new Date(created * 1000).toISOString().slice(0, 19)
    return {
      name: `${dataset}@hourly-${time.replaceAll(':', '.')}`,
      created,
      guid: String(10_000_000_000_000_000n + BigInt(i)),
    }
  })

const metadataOf = ({ created, guid }, parent) => ({
  size: '1234567',
  ...(parent ? { parent: parent.name, 'parent-guid': parent.guid } : { isfull: 'true' }),
  compressor: 'pigz1',
  guid,
  created: String(created),
})

const {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
} = require('@aws-sdk/client-s3')

const clientFor = (settings) =>
  new S3Client({
    endpoint: settings.S3_ENDPOINT,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: {
      accessKeyId: settings.S3_KEY_ID,
      secretAccessKey: settings.S3_SECRET,
    },
  })

/**
 * Fill a new bucket.
 *
 * @returns of each dataset its snapshots, oldest first: name, guid, created (epoch seconds)
 */
export const fillBucket = async ({ settings, bucket, dataset, datasets = 1, objects }) => {
  const client = clientFor(settings)
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  const now = Math.floor(Date.now() / 1000)
  const filled = datasetsOf(dataset, datasets).map((name) => ({
    dataset: name,
    snapshots: snapshotsOf(name, objects / datasets, now),
  }))
  const all = function* () {
    for (const { snapshots } of filled) {
      for (const [i, snapshot] of snapshots.entries()) {
        yield { snapshot, parent: i % CHAIN === 0 ? undefined : snapshots[i - 1] }
      }
    }
  }
  const todo = all()
  const work = async () => {
    // one iterator for all: each takes what is next
    for (const { snapshot, parent } of todo) {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: `z3-backup/${snapshot.name}`,
          Body: 'x',
          Metadata: metadataOf(snapshot, parent),
        }),
      )
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  client.destroy()
  return filled
}

/**
 * Put the indexes of the datasets into the bucket, as z3 backup does: they have the format of the
 * cache.
 *
 * @param cache the XDG_CACHE_HOME of a run that has looked at all objects
 * @returns a function that deletes them
 */
export const putIndexes = async ({ settings, bucket, cache }) => {
  const client = clientFor(settings)
  const addresses = []
  for (const file of await readdir(join(cache, 'z3'))) {
    const text = await readFile(join(cache, 'z3', file), 'utf8')
    const [, dataset] = /"z3-backup\/([^@]+)@/.exec(text)
    const address = { Bucket: bucket, Key: `z3-backup/.z3/${dataset}@.index` }
    await client.send(new PutObjectCommand({ ...address, Body: gzipSync(text, { level: 1 }) }))
    addresses.push(address)
  }
  return async () => {
    for (const address of addresses) await client.send(new DeleteObjectCommand(address))
    client.destroy()
  }
}
