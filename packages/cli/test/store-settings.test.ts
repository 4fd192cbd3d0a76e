import { loadConfig } from '@z3/config'
import t from 'tap'
import { flagValues, optionFlags } from '../src/flags/option-flags.js'
import { storeSettings } from '../src/prepare.js'

const load = (env: Record<string, string>, flags = {}) =>
  loadConfig({ flags, env, searchPlaces: [] })

void t.test('what concerns the store', async (t) => {
  const config = await load({
    BUCKET: 's3://name',
    S3_ENDPOINT: 'http://127.0.0.1:9000',
    S3_KEY_ID: 'AKIDTEST',
    S3_SECRET: 'SECRETTEST',
    MAX_RETRIES: '4',
    CONCURRENCY: '3',
  })
  t.match(storeSettings(config), {
    bucket: { kind: 's3', bucket: 'name' },
    endpoint: 'http://127.0.0.1:9000',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'SECRETTEST' },
    attempts: 4,
    connections: 3,
    senders: undefined,
  })
  const directory = storeSettings(await load({ BUCKET: 'file:///mnt/nas' }))
  t.match(directory.bucket, { kind: 'file', path: '/mnt/nas' })
  t.equal(directory.credentials, undefined, "the SDK's own chain")
})

void t.test('no bucket', async (t) => {
  const config = await load({})
  t.throws(() => storeSettings(config), { code: 'config' })
})

void t.test('flags are those of the option table', (t) => {
  const { concurrency } = optionFlags('CONCURRENCY')
  t.match(concurrency, { type: 'string', requiresArg: true })
  t.notMatch(concurrency.describe, /\.$/)
  t.match(flagValues({ concurrency: '3', 'max-memory': '1G' }), {
    CONCURRENCY: '3',
    MAX_MEMORY: '1G',
  })
  t.notOk('S3_SECRET' in flagValues({ secret: 'x' }), 'no secret among them')
  t.end()
})
