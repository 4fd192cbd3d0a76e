import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleExpiration,
  type LifecycleRule as Raw,
} from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { errorName } from '../s3/connection/s3-error.js'
import type { S3Connection } from '../s3/connection/s3-connection.js'

/** An enabled lifecycle rule of a bucket. */
export interface LifecycleRule {
  /** '' if it has none. */
  readonly id: string
  /** It applies to keys that begin with this. */
  readonly prefix: string
  /** It applies only to objects with all of these tags. */
  readonly tags: readonly (readonly [key: string, value: string])[]
  /** When it deletes objects: `after 30 days`, `on 2027-01-01`. Undefined: never. */
  readonly expires: string | undefined
  /** The storage classes that it moves objects to, and when. */
  readonly moves: readonly { readonly storageClass: string; readonly when: string }[]
  /** Days after which it deletes versions that were replaced or deleted. */
  readonly noncurrentDays: number | undefined
  /** Days after which it aborts an upload, from its start. */
  readonly abortDays: number | undefined
}

/**
 * Read the enabled lifecycle rules of the bucket.
 *
 * @throws Z3Error `access-denied` without the permission s3:GetLifecycleConfiguration;
 *   `not-implemented` if the server has no lifecycle rules
 */
export async function readLifecycle(
  s3: S3Connection,
  signal?: AbortSignal,
): Promise<readonly LifecycleRule[]> {
  const doing = 'read the lifecycle rules'
  const command = new GetBucketLifecycleConfigurationCommand({ Bucket: s3.bucket })
  const rules = await s3.send(
    doing,
    async (options) => {
      try {
        return (await s3.client.send(command, options)).Rules
      } catch (error) {
        if (errorName(error) === 'NoSuchLifecycleConfiguration') return []
        throw error
      }
    },
    signal,
  )
  if (rules) return rules.filter(({ Status }) => Status === 'Enabled').map(toRule)
  // a server that ignores the query lists the bucket
  throw new Z3Error('not-implemented', `cannot ${doing}: the server sends none (${s3.title})`)
}

function toRule(raw: Raw): LifecycleRule {
  const { ID = '', Filter: filter, Expiration: expiration } = raw
  const tags = [filter?.Tag, ...(filter?.And?.Tags ?? [])]
  return {
    id: ID,
    // outside of a filter in the older form, which AWS and servers still accept
    prefix: filter?.Prefix ?? filter?.And?.Prefix ?? (raw as { Prefix?: string }).Prefix ?? '',
    tags: tags.flatMap((tag) => (tag ? [[tag.Key ?? '', tag.Value ?? ''] as const] : [])),
    expires:
      expiration?.Days === undefined && expiration?.Date === undefined
        ? undefined
        : whenOf(expiration),
    moves: (raw.Transitions ?? []).map((move) => ({
      storageClass: move.StorageClass ?? 'another class',
      when: whenOf(move),
    })),
    noncurrentDays: raw.NoncurrentVersionExpiration?.NoncurrentDays,
    abortDays: raw.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
  }
}

function whenOf({ Days, Date: date }: Pick<LifecycleExpiration, 'Days' | 'Date'>): string {
  if (date) return `on ${date.toISOString().slice(0, 10)}`
  return Days === 1 ? 'after 1 day' : `after ${String(Days ?? 0)} days`
}
