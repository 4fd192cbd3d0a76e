import {
  GetObjectLockConfigurationCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import { grace, systemClock } from '../clock.js'
import type { ObjectInfo } from '../object-info.js'
import { reasonOf } from '../upload-errors.js'
import { errorName, httpStatus } from './connection/s3-error.js'
import type { S3Connection } from './connection/s3-connection.js'
import type { S3Options } from './connection/s3-options.js'

/** The Object Lock of a new object. */
export interface ObjectLock {
  /** For Create. */
  readonly headers: {
    readonly ObjectLockMode?: 'GOVERNANCE' | 'COMPLIANCE'
    readonly ObjectLockRetainUntilDate?: Date
    readonly ObjectLockLegalHoldStatus?: 'ON'
  }
  /** The server has said that the bucket has Object Lock, so it knows requests about locks. */
  readonly isSupported: boolean
}

/** Stores keep retention dates in seconds or milliseconds. */
const PRECISION = 1000

/** How long the lock of a complete object may take after a signal, milliseconds. */
const PATIENCE = 6_000

/**
 * Compute the lock of an upload that begins now, by the clock of the server.
 *
 * @returns undefined: the options ask for none
 * @throws Z3Error `not-implemented`: the bucket has no Object Lock
 */
export async function prepareLock(
  s3: S3Connection,
  { retention, legalHold = false }: Pick<S3Options, 'retention' | 'legalHold'>,
  signal?: AbortSignal,
): Promise<ObjectLock | undefined> {
  if (!retention && !legalHold) return undefined
  const isSupported = await hasObjectLock(s3, signal)
  if (isSupported === false) {
    throw new Z3Error('not-implemented', `the bucket has no Object Lock (${s3.title})`, {
      hint: 'Create a bucket with Object Lock (aws s3api create-bucket --object-lock-enabled-for-bucket), or remove S3_LOCK and S3_LEGAL_HOLD.',
    })
  }
  const headers: ObjectLock['headers'] = {
    ...(retention && {
      ObjectLockMode: retention.mode === 'governance' ? 'GOVERNANCE' : 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(s3.clock.now().getTime() + retention.seconds * 1000),
    }),
    ...(legalHold && { ObjectLockLegalHoldStatus: 'ON' }),
  }
  return { headers, isSupported: isSupported === true }
}

/** @returns undefined: the credentials may not know */
export async function hasObjectLock(
  s3: S3Connection,
  signal?: AbortSignal,
): Promise<boolean | undefined> {
  return s3.send(
    'read the Object Lock configuration',
    async (options) => {
      try {
        const { ObjectLockConfiguration: found } = await s3.client.send(
          new GetObjectLockConfigurationCommand({ Bucket: s3.bucket }),
          options,
        )
        // a server that ignores the query lists the bucket
        return found?.ObjectLockEnabled === 'Enabled'
      } catch (error) {
        const status = httpStatus(error)
        if (status === 501 || errorName(error).startsWith('ObjectLockConfigurationNotFound')) {
          return false
        }
        if (errorName(error) === 'AccessDenied') return undefined
        throw error
      }
    },
    signal,
  )
}

/**
 * Check that a complete object has its lock, and set the lock if not: radosgw 16 ignores it at
 * Create.
 *
 * @param info of the HEAD after Complete
 * @throws Z3Error `not-locked`: the object exists, and its lock is not proved
 */
export async function ensureLocked(
  s3: S3Connection,
  lock: ObjectLock,
  info: ObjectInfo,
  signal?: AbortSignal,
): Promise<ObjectInfo> {
  const { ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: hold } = lock.headers
  const lacksRetention =
    until !== undefined && (info.lockedUntil?.getTime() ?? 0) < until.getTime() - PRECISION
  const lacksHold = hold !== undefined && info.legalHold !== true
  if (!lacksRetention && !lacksHold) return info
  // a server without Object Lock might take such a request for a new object
  if (!lock.isSupported) throw notLocked(s3, info.key, 'the server reports no lock')
  const bounded = grace(signal, PATIENCE, systemClock)
  try {
    if (lacksRetention) await putRetention(s3, lock, info, bounded.signal)
    if (lacksHold) await putLegalHold(s3, info, bounded.signal)
  } catch (error) {
    throw notLocked(s3, info.key, reasonOf(error), error)
  } finally {
    bounded.end()
  }
  return {
    ...info,
    lockedUntil: lacksRetention ? until : info.lockedUntil,
    legalHold: info.legalHold === true || hold !== undefined,
  }
}

function putRetention(
  s3: S3Connection,
  { headers }: ObjectLock,
  info: ObjectInfo,
  signal: AbortSignal,
) {
  const { ObjectLockMode: Mode, ObjectLockRetainUntilDate: RetainUntilDate } = headers
  const command = new PutObjectRetentionCommand({
    ...addressOf(s3, info),
    Retention: { Mode, RetainUntilDate },
  })
  return s3.send(`lock '${info.key}'`, (options) => s3.client.send(command, options), signal)
}

function putLegalHold(s3: S3Connection, info: ObjectInfo, signal: AbortSignal) {
  const command = new PutObjectLegalHoldCommand({
    ...addressOf(s3, info),
    LegalHold: { Status: 'ON' },
  })
  return s3.send(
    `set the legal hold of '${info.key}'`,
    (options) => s3.client.send(command, options),
    signal,
  )
}

function addressOf({ bucket }: S3Connection, { key, versionId }: ObjectInfo) {
  return { Bucket: bucket, Key: key, VersionId: versionId }
}

function notLocked(s3: S3Connection, key: string, why: string, cause?: unknown): Z3Error {
  return new Z3Error('not-locked', `'${key}' is stored, but not known to be locked: ${why}`, {
    hint: `Allow s3:GetObjectRetention, s3:PutObjectRetention and s3:PutObjectLegalHold (docs/iam-policy.md), and lock the object (aws s3api put-object-retention) in ${s3.title}.`,
    cause,
  })
}
