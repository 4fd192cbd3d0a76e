import { join } from 'node:path'
import t from 'tap'
import { explainConfig } from '../src/explain-config.js'
import { loadConfig } from '../src/load-config.js'
import { OPTIONS } from '../src/options.js'

void t.test('every key once, in the order of the table', async (t) => {
  const rows = explainConfig(await loadConfig({ flags: {}, env: {}, searchPlaces: [] }))
  t.same(
    rows.map(({ key }) => key),
    OPTIONS.map(({ key }) => key),
  )
  t.same(
    rows.filter(({ source }) => source !== 'default'),
    [],
  )
})

void t.test('values, sources, secrets', async (t) => {
  const configFile = join(
    t.testdir({
      z: `[main]
S3_KEY_ID = AKIAHUSH
S3_SECRET = hush
SNAPSHOT_PREFIX =
AGE_RECIPIENTS = age1qy,age1qz
[fs:tank]
CHUNK_SIZE = 1024K
[compressor:own]
COMPRESS = a  "b c"
DECOMPRESS = a -d
`,
    }),
    'z',
  )
  const loaded = await loadConfig({
    flags: { CONCURRENCY: '4' },
    env: { COMPRESSOR: 'own' },
    configFile,
    dataset: 'tank/a',
  })
  const rows = explainConfig(loaded)
  t.notMatch(JSON.stringify(rows), /hush/i)
  const shown = rows.map(({ key, value, source }) =>
    [key, value ?? '-', source.replace(configFile, 'z')].join(' | '),
  )
  for (const row of [
    'BUCKET | - | default',
    'S3_KEY_ID | ******** | z:2 [main]',
    'S3_SECRET | ******** | z:3 [main]',
    'CONCURRENCY | 4 | --concurrency',
    'CHUNK_SIZE | 1M | z:7 [fs:tank]',
    'MAX_MEMORY | 512M | default',
    'COMPRESSOR | own | environment variable COMPRESSOR',
    'SNAPSHOT_PREFIX |  | z:4 [main]',
    'AGE_RECIPIENTS | age1qy age1qz | z:5 [main]',
  ]) {
    t.ok(shown.includes(row), row)
  }
  t.same(shown.slice(-2), [
    "[compressor:own] COMPRESS | a 'b c' | z:9 [compressor:own]",
    '[compressor:own] DECOMPRESS | a -d | z:10 [compressor:own]',
  ])
})
