import { Z3Error } from '@z3/core'
import { connectionError, PROXY_HINT, type Row } from './connection-error.js'
import { errorName, httpStatus, type RawError } from './s3-error.js'
import type { S3Credentials } from './s3-options.js'

/** Errors for which the server's own message adds nothing. */
const PLAIN = new Set(['NoSuchBucket', 'NoSuchKey', 'NoSuchUpload'])

const CREDENTIALS_HINT =
  'Check S3_KEY_ID and S3_SECRET (or the AWS profile), and that they belong to this endpoint.'

/** By the server's error code. */
const BY_NAME: Readonly<Record<string, Row>> = {
  NoSuchBucket: [
    'no-such-bucket',
    'the bucket does not exist',
    'Create the bucket, or check BUCKET and the endpoint.',
  ],
  NoSuchKey: ['no-such-key', 'no such object', 'Check the key.'],
  NoSuchUpload: [
    'no-such-upload',
    'the upload no longer exists',
    'Another program or a lifecycle rule aborted it; retry.',
  ],
  InvalidAccessKeyId: ['bad-credentials', 'unknown access key', CREDENTIALS_HINT],
  SignatureDoesNotMatch: [
    'bad-credentials',
    'the access key or the secret is wrong',
    CREDENTIALS_HINT,
  ],
  CredentialsProviderError: [
    'bad-credentials',
    'no credentials found',
    'Set S3_KEY_ID and S3_SECRET, or configure a profile or role for the AWS SDK.',
  ],
  ExpiredToken: [
    'bad-credentials',
    'the credentials have expired',
    'Renew the credentials and retry; a profile or role (AWS_PROFILE) is renewed automatically.',
  ],
  AccessDenied: [
    'access-denied',
    'access denied',
    'The policy of these credentials does not permit this (see docs/iam-policy.md), or the access key is unknown: check S3_KEY_ID.',
  ],
  RequestTimeTooSkewed: [
    'clock-skew',
    "this machine's clock and the server's differ by more than 15 minutes",
    'Set the clock (timedatectl, chronyc makestep), then retry.',
  ],
  InvalidObjectState: [
    'object-archived',
    'the object is archived (Glacier)',
    "Thaw it first: 'z3 restore DATASET@SNAPSHOT --thaw standard --wait', or 'aws s3api restore-object' and a wait of some hours.",
  ],
  GlacierExpeditedRetrievalNotAvailable: [
    'store-unavailable',
    'expedited retrievals are not available now',
    'Retry later, or use --thaw standard.',
  ],
  QuotaExceeded: ['no-space', 'quota exceeded', 'Free space, then retry.'],
  InsufficientStorage: ['no-space', 'the server has no space left', 'Free space, then retry.'],
  InvalidStorageClass: [
    'store-rejected',
    'the server does not have this storage class',
    'Check S3_STORAGE_CLASS or --storage-class.',
  ],
  InvalidToken: [
    'bad-credentials',
    'the session token is invalid',
    'Check S3_SESSION_TOKEN (or AWS_SESSION_TOKEN); it belongs to one access key.',
  ],
  SecondLevelDomainForbidden: [
    'store-rejected',
    'the server refuses path-style addressing',
    'Set S3_ADDRESSING=virtual.',
  ],
  PathStyleDomainForbidden: [
    'store-rejected',
    'the server refuses path-style addressing',
    'Set S3_ADDRESSING=virtual.',
  ],
  BadDigest: [
    'checksum-mismatch',
    'the data was damaged in transit',
    'Check the memory, the network card, and for a proxy that modifies requests.',
  ],
}

const TEMPORARY_HINT = 'S3_KEY_ID begins with ASIA, so it is temporary: set S3_SESSION_TOKEN, too.'

const REGION_HINT = 'Set S3_REGION (or AWS_REGION) to that region.'

/** Settings that may explain a refusal. */
interface HintSettings {
  readonly credentials?: S3Credentials | undefined
  /** Requests carry an SSE-C key: AWS answers a wrong one as a policy. */
  readonly hasSseKey?: boolean
}

/**
 * Convert the error of a failed request, adding the server's message.
 *
 * @param error from the SDK
 * @param doing for the message: `upload part 3 of k`
 * @param title the store, for the message
 * @param settings which the hint depends on
 */
export function toZ3Error(
  error: unknown,
  doing: string,
  title: string,
  settings: HintSettings = {},
): Z3Error {
  if (error instanceof Z3Error) return error
  const [code, what, hint] = explain(error, settings)
  return new Z3Error(code, `cannot ${doing}: ${what} (${title})`, {
    hint,
    cause: error,
  })
}

/** Why a request failed, without its purpose. */
export function reasonOfFailure(error: unknown): string {
  return error instanceof Z3Error ? error.message : explain(error, {})[1]
}

function explain(error: unknown, { credentials, hasSseKey }: HintSettings): Row {
  const name = errorName(error)
  const status = httpStatus(error)
  const message = oneLine((error as RawError).message)
  const detail =
    // the SDK's placeholder for a missing message
    [name, '', 'UnknownError'].includes(message) ? name : `${name}: ${message}`
  const words = status === undefined ? detail : `${String(status)} ${detail}`
  if (isLocked(name, message, status))
    return ['object-locked', `locked: the server responded ${words}`, LOCK_HINT]
  const encryption = encryptionRow(name, message, status)
  if (encryption) {
    const [code, what, hint] = encryption
    return [code, `${what}: the server responded ${words}`, hint]
  }
  // a code of the server
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined
  if (known && (PLAIN.has(name) || status === undefined)) return known
  const row = known ?? byStatus(error, name, status)
  if (row) {
    const [code, what, hint] = row
    const temporary =
      status === 403 &&
      credentials?.accessKeyId.startsWith('ASIA') === true &&
      credentials.sessionToken === undefined
    return [
      code,
      status === 404 ? what : `${what}: the server responded ${words}`,
      temporary
        ? TEMPORARY_HINT
        : code === 'access-denied' && hasSseKey
          ? `${hint} Or the object was stored with another key than that of S3_SSE_C_KEY_FILE.`
          : hint,
    ]
  }
  if (/region is missing/i.test(message)) {
    return ['config', 'no region is configured', REGION_HINT]
  }
  if (status === undefined) return connectionError(name, message, detail)
  return [
    status >= 500 || [408, 429].includes(status) ? 'store-unavailable' : 'store-rejected',
    `the server responded ${words}`,
    status >= 500 || [408, 429].includes(status)
      ? 'The server is overloaded or faulty: retry later.'
      : name === 'InvalidArgument'
        ? 'Check the settings for this request: S3_STORAGE_CLASS, S3_ACL, S3_SSE, CHUNK_SIZE.'
        : 'Use --debug to see the whole response.',
  ]
}

const LOCK_HINT =
  'Object Lock or a retention rule of the bucket protects the object: wait until the lock ends.'

/**
 * Whether a request was refused because the object is locked. AWS and Ceph name the lock in the
 * message of AccessDenied, R2 in the code.
 */
function isLocked(name: string, message: string, status: number | undefined): boolean {
  if (status !== 403 && status !== 409) return false
  if (/not authorized to perform/i.test(message)) return false
  return /^ObjectLocked/.test(name) || /object ?lock|\bWORM\b/i.test(message)
}

const SSE_KEY: Row = [
  'access-denied',
  'the SSE-C key of the object is missing or wrong',
  'Set S3_SSE_C_KEY_FILE to the key with which the object was stored.',
]

const KMS_KEY: Row = [
  'access-denied',
  'the server cannot use the KMS key',
  'Check S3_SSE_KMS_KEY, and that these credentials may use the key (kms:GenerateDataKey, kms:Decrypt).',
]

/** AWS and radosgw name the encryption only in the message, KMS errors of AWS in the code. */
function encryptionRow(name: string, message: string, status: number | undefined): Row | undefined {
  if (status !== 400 && status !== 403) return undefined
  if (/^KMS\.|\bkms[:-]/i.test(`${name} ${message}`)) return KMS_KEY
  const isKey =
    /customer provided keys?|a form of server side encryption|hash of the key|encryption parameters/i
  return isKey.test(message) ? SSE_KEY : undefined
}

/** The meaning of a status if there is no known error code. */
function byStatus(error: unknown, name: string, status: number | undefined): Row | undefined {
  const region = wrongRegion(error, name, status)
  if (region !== undefined) return region
  switch (status) {
    case 403:
      return BY_NAME['AccessDenied']
    case 404:
      return ['no-such-key', 'no such object', 'Check the key.']
    case 407:
      return ['store-unavailable', 'the proxy requires a user name and password', PROXY_HINT]
    case 501:
      return ['not-implemented', 'not implemented', 'The server does not support this request.']
    case 507:
      return BY_NAME['InsufficientStorage']
    case undefined:
    default:
      return undefined
  }
}

/** A redirect, or the region named by the server. */
function wrongRegion(error: unknown, name: string, status: number | undefined): Row | undefined {
  const e = error as RawError
  const redirect = status !== undefined && status >= 300 && status < 400
  if (
    !redirect &&
    ![
      'PermanentRedirect',
      'AuthorizationHeaderMalformed',
      'IllegalLocationConstraintException',
    ].includes(name)
  ) {
    return undefined
  }
  const { headers = {} } = e.$response ?? {}
  const region =
    e.Region ?? headers['x-amz-bucket-region'] ?? /expecting '([^']+)'/.exec(e.message ?? '')?.[1]
  if (region) {
    return ['wrong-region', `the bucket is in region ${region}`, REGION_HINT]
  }
  const location = oneLine(headers['location'] ?? e.Endpoint)
  return location
    ? [
        'wrong-region',
        `the server redirects to ${location}`,
        'Set S3_ENDPOINT (HOST) and S3_REGION to that server if it is the right one.',
      ]
    : ['wrong-region', 'wrong region or endpoint', REGION_HINT]
}

/** A server may send any text, even an HTML page. */
function oneLine(text: string | undefined): string {
  const line = (text ?? '').replace(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
