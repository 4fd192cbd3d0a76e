import { startFakeS3 } from '@z3/fixtures'
import t from 'tap'
import { S3Store } from '../../src/s3/s3-store.js'
import { objectStoreContract } from '../object-store-contract.js'

for (const checksums of [false, true]) {
  const fake = await startFakeS3({ checksums })
  t.teardown(() => fake.close())
  const store = new S3Store({
    bucket: 'bucket',
    endpoint: fake.endpoint,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
    attempts: 3,
    connections: 8,
    firstDelay: 1,
    trustedWire: checksums,
    senders: checksums ? 0 : 1,
  })
  await objectStoreContract(
    t,
    checksums ? 'fake with checksums' : 'fake',
    () => Promise.resolve(store),
    // the fake reads its URLs as browsers do
    { wholeCrc32: checksums, dotsInKeys: false },
  )
}
