import { setTimeout as sleep } from 'node:timers/promises'
import { startFakeS3, type FakeS3, type FakeS3Options } from '@z3/fixtures'
import type { Test } from 'tap'
import type { Clock } from '../src/clock.js'
import type { S3Options } from '../src/s3/connection/s3-options.js'
import { S3Store } from '../src/s3/s3-store.js'

/** A fake server and a store on it, both closed with the test; three attempts, at once. */
export const fakeStore = async (
  t: Test,
  options: FakeS3Options = {},
  more: Partial<S3Options> = {},
): Promise<{ fake: FakeS3; store: S3Store }> => {
  const fake = await startFakeS3(options)
  const store = new S3Store({
    bucket: 'bucket',
    endpoint: fake.endpoint,
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'SECRETTEST' },
    attempts: 3,
    connections: 4,
    firstDelay: 1,
    ...more,
  })
  t.teardown(async () => {
    store.close()
    await fake.close()
  })
  return { fake, store }
}

/** Time passes as soon as somebody waits for it. `now`: how long they have waited, milliseconds. */
export const hurry = (waited = { now: 0 }): Clock => ({
  now: () => waited.now,
  sleep: async (milliseconds, signal) => {
    signal?.throwIfAborted()
    await sleep(1)
    waited.now += milliseconds
  },
})
