import type { Arguments } from '@z3/cli'
import { Z3Error } from '@z3/core'
import type { Options } from './command-line.js'

/** A bucket, or a directory in place of one, as a target. */
export interface BucketTarget {
  /** As it was given, for people and reports. */
  readonly url: string
  /** BUCKET: `s3://NAME` or `file:///PATH`. */
  readonly bucket: string
  /** In place of S3_PREFIX; undefined: that. */
  readonly prefix: string | undefined
}

/** Whether the word for a target names a bucket, not a dataset. */
export function isBucket(text: string): boolean {
  return /^(s3|file):/.test(text)
}

/**
 * Read `s3://BUCKET[/PREFIX]` or `file:///PATH`. What is behind the bucket of an access point's
 * ARN is its name, and then the prefix.
 *
 * @throws Z3Error `usage`; whether the bucket's name is one, the configuration says
 */
export function readBucket(url: string): BucketTarget {
  if (url.startsWith('file:')) return { url, bucket: url, prefix: undefined }
  const found = /^s3:\/\/(arn:[^/]+\/[^/]+|[^/]+)(?:\/+(.*))?$/.exec(url)
  if (!found) {
    throw new Z3Error(
      'usage',
      `target '${url}' is not s3://BUCKET, s3://BUCKET/PREFIX or file:///PATH`,
      {
        hint: 'Name the bucket after the two slashes.',
      },
    )
  }
  const [, name = '', prefix = ''] = found
  return { url, bucket: `s3://${name}`, prefix: prefix === '' ? undefined : prefix }
}

/** What only a pool can do. */
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

/**
 * Refuse the options that have no meaning where all targets are buckets. Beside a pool they are
 * the pool's.
 *
 * @throws Z3Error `usage`, which names the first
 */
export function refuseForBuckets(
  args: Arguments<Options>,
  buckets: readonly BucketTarget[],
  pools: number,
): void {
  const [bucket] = buckets
  if (!bucket || pools > 0) return
  const given = OF_POOLS.find((name) => {
    const value = args[name]
    return name === 'strip-path' ? value !== '0' : value !== undefined && value !== false
  })
  if (given === undefined) return
  throw new Z3Error('usage', `--${given} has no meaning for a bucket (${bucket.url})`, {
    hint:
      given === 'encrypt'
        ? 'Set ENCRYPTOR in the configuration of z3 to encrypt what is stored.'
        : 'Leave it out, or add a target that is a dataset.',
  })
}
