import { RestoreObjectCommand, type Tier } from '@aws-sdk/client-s3'
import { Z3Error, type ThawTier } from '@z3/core'
import type { ThawRequest } from '../object-store.js'
import type { S3Connection } from './connection/s3-connection.js'
import { errorName } from './connection/s3-error.js'
import { versionOf } from './head-object.js'

const TIERS: Readonly<Record<ThawTier, Tier>> = {
  standard: 'Standard',
  bulk: 'Bulk',
  expedited: 'Expedited',
}

/**
 * RestoreObject: ask for a readable copy of an archived object. S3 answers 202, and 200 if there is
 * one already, whose expiry is then changed.
 *
 * @throws Z3Error `access-denied`; `store-rejected` if the server does not thaw the object
 */
export async function thawObject(
  s3: S3Connection,
  key: string,
  { tier, days, version }: ThawRequest,
  signal?: AbortSignal,
): Promise<void> {
  const doing = `thaw '${key}'`
  const command = new RestoreObjectCommand({
    Bucket: s3.bucket,
    Key: key,
    ...versionOf(version),
    RestoreRequest: { Days: days, GlacierJobParameters: { Tier: TIERS[tier] } },
  })
  try {
    await s3.sendRaw(doing, (options) => s3.client.send(command, options), signal)
  } catch (error) {
    signal?.throwIfAborted()
    const name = errorName(error)
    // another run has requested it
    if (name === 'RestoreAlreadyInProgress') return
    const explained = s3.explain(error, doing)
    if (name === 'InvalidObjectState') {
      throw new Z3Error(
        'store-rejected',
        `cannot ${doing}: the server does not thaw it (${s3.title})`,
        { hint: 'Read the object directly, or see the documentation of the server.', cause: error },
      )
    }
    if (explained.code !== 'access-denied') throw explained
    throw new Z3Error('access-denied', explained.message, {
      hint: 'The credentials need the permission s3:RestoreObject on the objects (docs/iam-policy.md).',
      cause: error,
    })
  }
}
