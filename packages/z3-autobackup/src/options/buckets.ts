import type { Arguments } from '@z3/cli'
import { parseBucketUrl, Z3Error } from '@z3/core'
import type { Options } from './command-line.js'

/** A bucket, or a directory instead of one, as a target. */
export interface BucketTarget {
  /** As specified, for messages and reports. */
  readonly url: string
  /** BUCKET: `s3://NAME` or `file:///PATH`. */
  readonly bucket: string
  /** Overrides S3_PREFIX; undefined: use that. */
  readonly prefix: string | undefined
}

/** Whether a target is a bucket, not a dataset. */
export function isBucket(text: string): boolean {
  return /^(s3|file):/.test(text)
}

/** @throws Z3Error `usage`; the configuration checks the bucket name */
export function readBucket(url: string): BucketTarget {
  return { url, ...parseBucketUrl(url, 'target') }
}

/** Options that apply only to pools. */
const OF_POOLS = [
  'ssh-target',
  'strip-path',
  'clear-refreservation',
  'clear-mountpoint',
  'filter-properties',
  'set-properties',
  'rollback',
  'force',
  'destroy-incompatible',
  'ignore-transfer-errors',
  'no-guid-check',
  'encrypt',
  'destroy-missing',
] as const satisfies readonly (keyof Options)[]

/** Options that apply only to buckets. */
const OF_BUCKETS = ['respect-minimum', 'unlocked'] as const satisfies readonly (keyof Options)[]

/**
 * Refuse options that have no effect on any target: those of pools if all are buckets, and those of
 * buckets if none is.
 *
 * @throws Z3Error `usage`, which names the first one
 */
export function refuseWithoutEffect(
  args: Arguments<Options>,
  buckets: readonly BucketTarget[],
  pools: number,
): void {
  const [bucket] = buckets
  if (!bucket) {
    const given = OF_BUCKETS.find((name) => args[name] === true)
    if (given === undefined) return
    throw new Z3Error('usage', `--${given} applies only to a bucket, and no target is one`, {
      hint: 'Omit it, or add s3://BUCKET or file:///PATH as a target.',
    })
  }
  if (pools > 0) return
  const given = OF_POOLS.find((name) => {
    const value = args[name]
    return name === 'strip-path' ? value !== '0' : value !== undefined && value !== false
  })
  if (given === undefined) return
  throw new Z3Error('usage', `--${given} does not apply to a bucket (${bucket.url})`, {
    hint:
      given === 'encrypt'
        ? 'Set ENCRYPTOR in the configuration of z3 to encrypt objects.'
        : 'Omit it, or add a dataset as a target.',
  })
}
