import t from 'tap'
import type { Layer, Layers, Sourced } from '../src/layers.js'
import { OPTIONS, type Key } from '../src/options.js'
import { resolveLayers } from '../src/layers.js'

const layer = (name: string, ...keys: Key[]): Layer =>
  new Map(keys.map((key): [Key, Sourced] => [key, { value: name, source: { kind: 'flag', name } }]))

const layers: Layers = {
  flags: layer('flag', 'S3_PREFIX'),
  environment: layer('env', 'S3_PREFIX', 'GPG_RECIPIENT'),
  sections: new Map([
    ['main', layer('main', 'S3_PREFIX', 'GPG_RECIPIENT', 'S3_ACL', 'BUCKET')],
    ['fs:tank', layer('tank', 'GPG_RECIPIENT', 'S3_ACL', 'SNAPSHOT_PREFIX')],
    ['fs:tank/a', layer('tank/a', 'S3_PREFIX', 'SNAPSHOT_PREFIX')],
    ['fs:tank/a/b/c', layer('tank/a/b/c', 'S3_ACL')],
  ]),
}

const cases: readonly [string | undefined, Key, string | undefined][] = [
  // a flag beats all, the environment beats every section
  ['tank/a', 'S3_PREFIX', 'flag'],
  ['tank', 'GPG_RECIPIENT', 'env'],
  // the nearest section wins, per key; what it lacks comes from further up
  ['tank/a', 'SNAPSHOT_PREFIX', 'tank/a'],
  ['tank/a', 'S3_ACL', 'tank'],
  ['tank/a/b', 'SNAPSHOT_PREFIX', 'tank/a'],
  ['tank/a/b/c', 'S3_ACL', 'tank/a/b/c'],
  ['tank/a/b/c', 'SNAPSHOT_PREFIX', 'tank/a'],
  ['tank/a/b/c', 'BUCKET', 'main'],
  // names are compared by whole components
  ['tank/ab', 'SNAPSHOT_PREFIX', 'tank'],
  ['tankard', 'S3_ACL', 'main'],
  ['tankard', 'SNAPSHOT_PREFIX', 'zfs-auto-snap:daily'],
  // without a dataset no section counts
  [undefined, 'S3_ACL', 'main'],
  [undefined, 'FILESYSTEM', undefined],
]
for (const [dataset, key, expected] of cases) {
  const { settings, sources } = resolveLayers(layers, dataset)
  t.equal(settings[key], expected, `${key} of ${dataset ?? 'no dataset'}`)
  t.equal(
    sources[key].kind,
    expected === OPTIONS.find((o) => o.key === key)?.default ? 'default' : 'flag',
  )
}

void t.test('defaults', (t) => {
  const empty = {
    flags: layer(''),
    environment: layer(''),
    sections: new Map(),
  }
  t.same(resolveLayers(empty, 'tank').settings, {
    BUCKET: undefined,
    S3_KEY_ID: undefined,
    S3_SECRET: undefined,
    S3_SESSION_TOKEN: undefined,
    S3_ENDPOINT: undefined,
    S3_REGION: undefined,
    S3_ADDRESSING: 'auto',
    S3_CA_FILE: undefined,
    S3_SSE_C_KEY_FILE: undefined,
    CONNECT_TIMEOUT: 8_000,
    ANSWER_TIMEOUT: 60_000,
    COMPLETE_TIMEOUT: 600_000,
    CONCURRENCY: 8,
    SENDERS: undefined,
    CHUNK_SIZE: undefined,
    MAX_RETRIES: undefined,
    RETRY_FOR: 15 * 60_000,
    MAX_MEMORY: 512 * 1024 ** 2,
    COMPRESSOR: 'pigz1',
    ENCRYPTOR: 'none',
    VERIFY_STREAM: 'yes',
    LOG_FORMAT: 'text',
    PV: 'no',
    MANIFEST: 'yes',
    RESUME_UPLOADS: 'yes',
    KEEP_COMMON: 'bookmark',
    FULL_EVERY: '1y',
    PARALLEL: 1,
    GPG_RECIPIENT: 'z3_backup',
    AGE_RECIPIENTS: undefined,
    AGE_RECIPIENTS_FILE: undefined,
    AGE_IDENTITY: undefined,
    S3_STORAGE_CLASS: undefined,
    S3_ACL: undefined,
    S3_INCREMENT_CLASS: undefined,
    S3_TAGS: undefined,
    S3_LOCK: 'none',
    S3_LEGAL_HOLD: 'no',
    S3_SSE: 'none',
    S3_SSE_KMS_KEY: undefined,
    S3_SSE_BUCKET_KEY: undefined,
    SNAPSHOT_PREFIX: 'zfs-auto-snap:daily',
    S3_PREFIX: 'z3-backup/',
    FILESYSTEM: undefined,
  })
  t.end()
})
