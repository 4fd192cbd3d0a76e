import { loadConfig } from '@z3/config'
import t from 'tap'
import { storeFlags } from '../src/programs.js'

void t.test('what pput cannot find out for itself', async (t) => {
  const dir = t.testdir({
    'z3.conf': `[main]
BUCKET=main-bucket
S3_KEY_ID=id
S3_SECRET=secret
S3_STORAGE_CLASS=STANDARD
[fs:tank/a]
S3_STORAGE_CLASS=GLACIER_IR
CONCURRENCY=3
`,
  })
  const config = await loadConfig({
    flags: { S3_REGION: 'eu-west-1' },
    env: { MAX_RETRIES: '4' },
    configFile: `${dir}/z3.conf`,
  })
  t.strictSame(storeFlags(config.forDataset('tank/a'), undefined, 'pput'), [
    '--region=eu-west-1',
    '--concurrency=3',
    '--storage-class=GLACIER_IR',
  ])
  t.strictSame(storeFlags(config.forDataset('tank/b'), '/f', 'pput'), [
    '--config=/f',
    '--region=eu-west-1',
  ])
  t.strictSame(storeFlags(config.forDataset('tank/a'), undefined, 'z3-get'), [
    '--region=eu-west-1',
    '--concurrency=3',
  ])
})
