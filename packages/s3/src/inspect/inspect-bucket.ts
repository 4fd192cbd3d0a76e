import { S3Connection } from '../s3/connection/s3-connection.js'
import type { S3Options } from '../s3/connection/s3-options.js'
import { hasObjectLock } from '../s3/object-lock.js'
import { readLifecycle, type LifecycleRule } from './lifecycle.js'
import { probeCondition, type Condition } from './probe-condition.js'

/** The settings of a bucket, and how its server behaves: what no store needs, but z3 doctor. */
export interface BucketInspection {
  /** As `readLifecycle`. */
  lifecycle(signal?: AbortSignal): Promise<readonly LifecycleRule[]>
  /** @returns undefined if the credentials may not read it */
  hasObjectLock(signal?: AbortSignal): Promise<boolean | undefined>
  /** As `probeCondition`. */
  probeCondition(
    key: string,
    signal?: AbortSignal,
    onAbortFailed?: (error: unknown) => void,
  ): Promise<Condition>
  close(): void
}

/** Open a bucket of an S3 server to inspect it. */
export function inspectBucket(options: S3Options): BucketInspection {
  const s3 = new S3Connection(options)
  return {
    lifecycle: (signal) => readLifecycle(s3, signal),
    hasObjectLock: (signal) => hasObjectLock(s3, signal),
    probeCondition: (key, signal, onAbortFailed) => probeCondition(s3, key, signal, onAbortFailed),
    close: () => {
      s3.close()
    },
  }
}
