import type { LoadedConfig } from '@z3/config'
import { Z3Error } from '@z3/core'
import type { BucketInspection, ObjectStore, Versioning } from '@z3/s3'
import { ok, problem, unknown, warning, type Finding } from '../finding.js'
import { judgeLifecycle, type Stored } from './check-lifecycle.js'

/** The finding for a setting that the key may not read. */
const forbidden = (check: string, permission: string): Finding =>
  unknown(
    check,
    `the key may not read it (${permission})`,
    `Allow ${permission} on the bucket, or run z3 doctor with a key of its owner.`,
  )

/** @param versioning undefined: the key may not read it */
export function versioningFinding(versioning: Versioning | undefined): Finding {
  if (versioning === undefined) return forbidden('versioning', 's3:GetBucketVersioning')
  return ok(
    'versioning',
    {
      enabled: 'enabled: replaced and deleted objects stay as old versions',
      suspended: 'suspended: what is deleted now is gone',
      off: 'off: what is deleted is gone',
    }[versioning],
  )
}

/** Whether new objects can have the lock that the configuration asks for. */
export function lockFinding(
  hasLock: boolean | undefined,
  { S3_LOCK: lock, S3_LEGAL_HOLD: hold }: LoadedConfig['settings'],
): Finding {
  const isWanted = lock !== 'none' || hold === 'yes'
  if (hasLock === undefined) return forbidden('object-lock', 's3:GetBucketObjectLockConfiguration')
  if (hasLock) {
    return ok('object-lock', isWanted ? 'enabled, and used' : 'enabled; S3_LOCK is not set')
  }
  if (!isWanted) return ok('object-lock', 'off, and not asked for')
  return problem(
    'object-lock',
    'the bucket has none, and S3_LOCK or S3_LEGAL_HOLD is set: every backup fails',
    'Create a bucket with Object Lock, or remove the settings.',
  )
}

/**
 * Read and judge the lifecycle rules.
 *
 * @throws Z3Error of the store
 */
export async function checkLifecycle(
  inspection: BucketInspection,
  stored: Stored,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    return judgeLifecycle(await inspection.lifecycle(signal), stored)
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    if (error.code === 'access-denied') {
      return [forbidden('lifecycle', 's3:GetLifecycleConfiguration')]
    }
    if (error.code !== 'not-implemented') throw error
    return [
      warning(
        'lifecycle',
        'the server has no lifecycle rules, so nothing aborts incomplete uploads',
        'Run z3 cleanup every week.',
      ),
    ]
  }
}

/** Hours after which z3 cleanup aborts an upload. */
const OLD = 24

/**
 * Pending uploads under the prefix.
 *
 * @throws Z3Error of the store
 */
export async function checkUploads(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  let pending = 0
  let old = 0
  try {
    for await (const { initiated } of store.listUploads(prefix, signal)) {
      pending += 1
      const hours = initiated && (store.now().getTime() - initiated.getTime()) / 3_600_000
      // an unknown age is no proof that the upload is active
      if (hours === undefined || hours > OLD) old += 1
    }
  } catch (error) {
    if (!(error instanceof Z3Error) || error.code !== 'access-denied') throw error
    return [forbidden('uploads', 's3:ListBucketMultipartUploads')]
  }
  if (old > 0) {
    const what = `${String(old)} pending ${old === 1 ? 'upload' : 'uploads'} began more than ${String(OLD)} hours ago; unless a run still uploads, they are left over, and billed`
    return [warning('uploads', what, "Run 'z3 cleanup --dry-run', then 'z3 cleanup'.")]
  }
  return [
    ok('uploads', pending === 0 ? 'none is pending' : `${String(pending)} pending, begun today`),
  ]
}
