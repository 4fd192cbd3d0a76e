import { checkHealth, parseSchedule, type StoredSnapshot } from '@z3/core'
import type { FakeS3 } from '@z3/fixtures'
import { openStore, type ObjectStore, type StoreOptions } from '@z3/s3'
import { loadStored, prune, type Pruned } from '@z3/backup'
import { putObject } from './put-object.js'

export const PREFIX = 'z3-backup/'

const HOUR = 3600

/** What has to be stored for one snapshot. */
export interface TestObject {
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * A tree as a retention schedule makes it: of every ten snapshots the first is full, every
 * second one builds on that, and the one behind it on that one. Six hours lie between two.
 *
 * @param newest hours before `now` that the newest was taken
 */
export const treeOf = (
  dataset: string,
  count: number,
  now: number,
  newest = 1,
): readonly TestObject[] =>
  Array.from({ length: count }, (_, i) => {
    const full = i - (i % 10)
    const parent = i === full ? undefined : i % 2 === 0 ? full : i - 1
    const created = Math.floor(now) - (newest + (count - 1 - i) * 6) * HOUR
    return {
      name: `${dataset}@s${String(i)}`,
      metadata: {
        ...(parent === undefined
          ? { isfull: 'true' }
          : { parent: `${dataset}@s${String(parent)}`, 'parent-guid': String(1000 + parent) }),
        guid: String(1000 + i),
        created: String(created),
      },
    }
  })

/** Put it into a fake server, each with a manifest. */
export const putAll = (fake: FakeS3, objects: readonly TestObject[]): void => {
  for (const { name, metadata } of objects) {
    fake.put(`${PREFIX}${name}`, name, metadata)
    fake.put(`${PREFIX}.z3/${name}.json`, '{}')
  }
}

/** Put one into any store. */
export const upload = async (
  store: ObjectStore,
  { name, metadata }: TestObject,
  signal?: AbortSignal,
): Promise<void> => {
  await putObject(store, `${PREFIX}${name}`, Buffer.from(name), metadata, signal)
  await store.put(`${PREFIX}.z3/${name}.json`, Buffer.from('{}'))
}

export const openS3 = (
  bucket: string,
  {
    endpoint,
    keyId = 'id',
    secret = 'secret',
  }: { endpoint: string; keyId?: string; secret?: string },
  more: Pick<StoreOptions, 'retention' | 'legalHold'> = {},
): Promise<ObjectStore> =>
  openStore(
    { kind: 's3', bucket },
    {
      endpoint,
      credentials: { accessKeyId: keyId, secretAccessKey: secret },
      connections: 8,
      attempts: 3,
      ...more,
    },
  )

/** What is stored of a dataset, and what is not healthy of it. */
export const look = async (
  store: ObjectStore,
  dataset: string,
): Promise<{ stored: readonly StoredSnapshot[]; unhealthy: readonly string[] }> => {
  const place = { store, prefix: PREFIX, dataset }
  const { snapshots } = await loadStored(place, {}, new AbortController().signal, () => undefined)
  const unhealthy = [...checkHealth(snapshots)].filter(([, state]) => state !== 'ok')
  return { stored: snapshots, unhealthy: unhealthy.map(([name, state]) => `${name} ${state}`) }
}

/** Keep the last two snapshots of a dataset, and what they build on. */
export const pruneOnce = (
  store: ObjectStore,
  dataset: string,
  signal: AbortSignal,
): Promise<Pruned> =>
  prune(
    { store, prefix: PREFIX, dataset },
    {
      schedule: parseSchedule('2'),
      prefix: '',
      respectMinimum: false,
      maxPercent: 100,
      force: false,
      dryRun: false,
      versions: false,
      unlocked: false,
      env: {},
      signal,
      now: Date.now,
      tell: () => undefined,
    },
  )
