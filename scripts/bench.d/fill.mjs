// Many snapshots in a bucket, as z3 backup would have left them
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../packages/s3/package.json', import.meta.url))

/** Objects that are put at once. */
const AT_ONCE = 32

/** Snapshots between two that are full. */
const CHAIN = 100

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

/**
 * Fill a new bucket.
 *
 * @returns the snapshots, oldest first: name, guid, created (epoch seconds)
 */
export const fillBucket = async ({ settings, bucket, dataset, objects }) => {
  const { CreateBucketCommand, PutObjectCommand, S3Client } = require('@aws-sdk/client-s3')
  const client = new S3Client({
    endpoint: settings.S3_ENDPOINT,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: {
      accessKeyId: settings.S3_KEY_ID,
      secretAccessKey: settings.S3_SECRET,
    },
  })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  const now = Math.floor(Date.now() / 1000)
  const snapshots = snapshotsOf(dataset, objects, now)
  const todo = snapshots.entries()
  const work = async () => {
    // one iterator for all: each takes what is next
    for (const [i, snapshot] of todo) {
      const parent = i % CHAIN === 0 ? undefined : snapshots[i - 1]
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
  return snapshots
}
