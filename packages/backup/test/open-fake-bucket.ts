import { fakeBucket, type FakeS3 } from '@z3/fixtures'
import { openStore, type ObjectStore } from '@z3/s3'
import type { Test } from 'tap'
import { LOOKS_AT_ONCE } from '../src/store/load-stored.js'

/** A bucket of the fake server, and a store that repeats no request; both closed with the test. */
export const openFakeBucket = async (
  t: Test,
): Promise<{ readonly fake: FakeS3; readonly store: ObjectStore }> => {
  const bucket = await fakeBucket()
  const { fake, endpoint } = bucket
  const store = await openStore(
    { kind: 's3', bucket: 'bucket' },
    {
      endpoint,
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      connections: LOOKS_AT_ONCE,
      attempts: 1,
    },
  )
  t.teardown(async () => {
    store.close()
    await bucket.close()
  })
  return { fake, store }
}
