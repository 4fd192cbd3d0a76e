import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fakeBucket, testIo, type FakeS3Options } from '@z3/fixtures'
import type { Test } from 'tap'
import { main } from '../src/main.js'

export type FakeBucket = Awaited<ReturnType<typeof fakeBucket>>

/** A fake server for the time of a test. */
export const setup = async (t: Test, options?: FakeS3Options): Promise<FakeBucket> => {
  const bucket = await fakeBucket(options)
  t.teardown(() => bucket.close())
  return bucket
}

/** Run `main` with a file in place of standard output. */
export const get = async (
  t: Test,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) => {
  const io = testIo(env)
  const file = join(t.testdir({}), 'output')
  const fd = openSync(file, 'w')
  const status = await main(args, io, fd)
  closeSync(fd)
  return {
    status,
    body: readFileSync(file),
    out: io.out(),
    err: io.err(),
  }
}
