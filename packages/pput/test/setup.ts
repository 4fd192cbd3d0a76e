import { fakeBucket, type FakeS3Options, type TestBucket } from '@z3/fixtures'
import type { Test } from 'tap'

export type FakeBucket = Awaited<ReturnType<typeof fakeBucket>>

/** A fake server for the time of a test. */
export const setup = async (t: Test, options?: FakeS3Options): Promise<FakeBucket> => {
  const bucket = await fakeBucket(options)
  t.teardown(() => bucket.close())
  return bucket
}

/** Nothing is stored, and nothing half-done is left. */
export const isClean = async (
  t: Test,
  bucket: Pick<TestBucket, 'keys' | 'pending'>,
): Promise<void> => {
  t.same(await bucket.keys(), [], 'no object')
  t.same(await bucket.pending(), [], 'no pending upload')
}
