import { runBinary, type BinaryResult, type TestBucket } from '@z3/fixtures'

/** Runs z3 on one bucket. */
export type Z3 = (
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
) => Promise<BinaryResult>

/**
 * z3 with the settings of a bucket, and a cache of its own.
 *
 * @param home a directory
 */
export const z3On =
  (bucket: Pick<TestBucket, 'env'>, home: string): Z3 =>
  (args, env = {}) =>
    runBinary('z3', args, {
      // what is counted are backups: manifests.test.ts has the manifests
      env: { ...bucket.env, HOME: home, SNAPSHOT_PREFIX: '', Z3_MANIFEST: 'no', ...env },
    })
