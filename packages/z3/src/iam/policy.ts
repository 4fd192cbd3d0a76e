import { ASIDE } from '@z3/core'
import { bucketArn, literal, objectArn, type PolicyPlace } from './arn.js'
import { kmsStatement } from './kms.js'
import { mergeStatements } from './merge-statements.js'
import type { Statement } from './statement.js'

export const POLICY_MODES = ['backup', 'append-only', 'restore', 'verify', 'prune'] as const
export type PolicyMode = (typeof POLICY_MODES)[number]

/** What the permissions depend on. */
export interface PolicyRequest {
  readonly mode: PolicyMode
  readonly place: PolicyPlace
  /** S3_PREFIX. */
  readonly prefix: string
  /** New objects get an ACL, tags, a retention, a legal hold. */
  readonly hasAcl: boolean
  readonly hasTags: boolean
  readonly hasRetention: boolean
  readonly hasLegalHold: boolean
  /** Of SSE-KMS, if it is known. */
  readonly kmsKey: string | undefined
  /** The server knows the conditions of AWS for writes that replace nothing. */
  readonly knowsIfNoneMatch: boolean
  /** Old versions, too: `--as-of`, `z3 prune --delete-versions`. */
  readonly versions: boolean
  /** `--thaw` of a restore. */
  readonly thaw: boolean
}

/** An IAM policy. */
export interface Policy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

/** The least permissions of several requests, in as few statements as name them all. */
export function policyFor(requests: readonly PolicyRequest[]): Policy {
  return { Version: '2012-10-17', Statement: mergeStatements(requests.flatMap(statementsFor)) }
}

/**
 * The least permissions of a mode (docs/iam-policy.md; a test compares them with the requests of
 * real runs). s3:ListBucket has no condition on a prefix: a HEAD has none, and without the
 * permission AWS answers 403 for a missing key. Nor has s3:ListBucketMultipartUploads, whose
 * requests AWS matches with no condition.
 */
function statementsFor(request: PolicyRequest): readonly Statement[] {
  const { mode, place, prefix, kmsKey, versions } = request
  const keys = (pattern: string) => objectArn(place, `${literal(prefix)}${pattern}`)
  const uploads = mode === 'backup' || mode === 'append-only'
  const locks = request.hasRetention || request.hasLegalHold
  const seesVersions = versions && (mode === 'restore' || mode === 'verify')
  const bucket = [
    's3:ListBucket',
    ...(uploads ? ['s3:ListBucketMultipartUploads'] : []),
    ...(uploads && locks ? ['s3:GetBucketObjectLockConfiguration'] : []),
    ...(seesVersions ? ['s3:GetBucketVersioning', 's3:ListBucketVersions'] : []),
  ]
  const seesLocks = uploads || mode === 'prune'
  const objects = [
    's3:GetObject',
    ...(seesVersions ? ['s3:GetObjectVersion'] : []),
    ...(request.thaw ? ['s3:RestoreObject'] : []),
    ...(seesLocks && request.hasRetention ? ['s3:GetObjectRetention'] : []),
    ...(seesLocks && request.hasLegalHold ? ['s3:GetObjectLegalHold'] : []),
    ...(uploads ? ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'] : []),
    ...(mode === 'backup' || mode === 'prune' ? ['s3:DeleteObject'] : []),
    ...(mode === 'prune' && versions ? ['s3:DeleteObjectVersion'] : []),
  ]
  return [
    { Sid: 'Bucket', Effect: 'Allow', Action: bucket, Resource: bucketArn(place) },
    { Sid: 'Objects', Effect: 'Allow', Action: objects, Resource: keys('*') },
    ...writing(request, keys),
    ...(kmsKey === undefined ? [] : [kmsStatement(kmsKey, mode !== 'restore', place)]),
  ]
}

/** What a mode writes. */
function writing(request: PolicyRequest, keys: (pattern: string) => string): readonly Statement[] {
  const { mode, hasAcl } = request
  const acl = hasAcl ? ['s3:PutObjectAcl'] : []
  const allow = (
    Sid: string,
    Action: readonly string[],
    patterns: readonly string[],
    Condition?: Statement['Condition'],
  ): Statement => {
    const arns = patterns.map(keys)
    const [only = '', ...more] = arns
    const Resource = more.length === 0 ? only : arns
    return { Sid, Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) }
  }
  const put = 's3:PutObject'
  const extra = [
    ...acl,
    ...(request.hasTags ? ['s3:PutObjectTagging'] : []),
    ...(request.hasRetention ? ['s3:PutObjectRetention'] : []),
    ...(request.hasLegalHold ? ['s3:PutObjectLegalHold'] : []),
  ]
  switch (mode) {
    case 'restore':
      return []
    case 'verify':
      return [allow('Records', [put, ...acl], [`${ASIDE}*.verified-*`, `${ASIDE}*@.drilled`])]
    case 'prune':
      return [allow('Leases', [put, ...acl], [`${ASIDE}prune/*.lease`])]
    case 'backup':
      return [allow('Uploads', [put, ...extra], ['*'])]
    case 'append-only':
      if (!request.knowsIfNoneMatch) return [allow('Uploads', [put, ...extra], ['*'])]
      // Complete must have If-None-Match; Create and parts create no object (AWS: "Enforce
      // conditional writes on Amazon S3 buckets")
      return [
        allow('New', [put], ['*'], { Null: { 's3:if-none-match': 'false' } }),
        allow('Parts', [put], ['*'], { Bool: { 's3:ObjectCreationOperation': 'false' } }),
        allow('Manifests', [put], [`${ASIDE}*.json`, `${ASIDE}*@.index`]),
        ...(extra.length > 0 ? [allow('Properties', extra, ['*'])] : []),
      ]
  }
}
