import { runBinary, runInside, type BinaryResult, type TestBucket } from '@z3/fixtures'
import { main } from '../src/main.js'

/** Runs z3 on one bucket. */
export type Z3 = (
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
) => Promise<BinaryResult>

/**
 * z3 with the settings of a bucket, and a cache of its own.
 *
 * @param home a directory
 * @param installed run the program as it is installed, not its `main` in this process
 */
export const z3On =
  (bucket: Pick<TestBucket, 'env'>, home: string, { installed = false } = {}): Z3 =>
  (args, more = {}) => {
    // what is counted are backups: manifests.test.ts has the manifests
    const env = { ...bucket.env, HOME: home, SNAPSHOT_PREFIX: '', Z3_MANIFEST: 'no', ...more }
    return installed ? runBinary('z3', args, { env }) : runInside(main, args, { env })
  }
