import type { TestBucket } from '@z3/fixtures'
import { setPolicy } from '@z3/fixtures'
import type { Needed } from './actions.js'
import type { Policy } from '../../src/iam/policy.js'
import type { Statement } from '../../src/iam/statement.js'

const resourcesOf = ({ Resource }: Statement): readonly string[] =>
  typeof Resource === 'string' ? [Resource] : Resource

const matches = (pattern: string, resource: string): boolean => {
  const parts = pattern.split('*').map((part) => part.replace(/[.+^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(resource)
}

const allows = (statement: Statement, { action, resource }: Needed): boolean =>
  statement.Action.includes(action) &&
  resourcesOf(statement).some((pattern) => matches(pattern, resource))

/** What was needed, and is not allowed. */
export const forbidden = (policy: Policy, needed: readonly Needed[]): readonly string[] => [
  ...new Set(
    needed
      .filter((one) => !policy.Statement.some((statement) => allows(statement, one)))
      .map(({ action, resource }) => `${action} ${resource}`),
  ),
]

/** What is allowed, and was never needed. */
export const unused = (policy: Policy, needed: readonly Needed[]): readonly string[] =>
  policy.Statement.flatMap((statement) =>
    statement.Action.filter(
      (action) => !needed.some((one) => one.action === action && allows(statement, one)),
    ),
  )

/** Actions that no mode or only some modes have. radosgw 16 ignores NotAction in a Deny. */
const EVERY = [
  ...['s3:ListBucket', 's3:ListBucketMultipartUploads', 's3:ListBucketVersions'],
  ...['s3:GetBucketVersioning', 's3:PutBucketVersioning', 's3:DeleteBucket'],
  ...['s3:GetBucketObjectLockConfiguration', 's3:PutLifecycleConfiguration'],
  ...['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectAcl', 's3:GetObjectTagging'],
  ...['s3:PutObject', 's3:PutObjectAcl', 's3:PutObjectTagging', 's3:PutObjectVersionAcl'],
  ...['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:DeleteObjectTagging'],
  ...['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
  ...['s3:GetObjectRetention', 's3:PutObjectRetention'],
  ...['s3:GetObjectLegalHold', 's3:PutObjectLegalHold'],
]

/**
 * Have a server refuse everything that a policy does not allow, to everybody, the owner of the
 * bucket among them: radosgw applies an explicit Deny to owners, too.
 */
export const denyOthers = async (bucket: TestBucket, policy: Policy | undefined): Promise<void> => {
  if (!policy) {
    await setPolicy(bucket, undefined)
    return
  }
  const arn = `arn:aws:s3:::${bucket.bucket}`
  const actions = [...new Set(policy.Statement.flatMap(({ Action }) => Action))]
  const deny = { Effect: 'Deny', Principal: '*' }
  await setPolicy(bucket, [
    {
      ...deny,
      Action: EVERY.filter((action) => !actions.includes(action)),
      Resource: [arn, `${arn}/*`],
    },
    ...actions.map((action) => ({
      ...deny,
      Action: [action],
      NotResource: policy.Statement.filter(({ Action }) => Action.includes(action)).flatMap(
        resourcesOf,
      ),
    })),
  ])
}
