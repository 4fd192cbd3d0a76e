import { Z3Error } from '@z3/core'
import { connectionError, PROXY_HINT, type Row } from './connection-error.js'
import { errorName, httpStatus, type RawError } from './s3-error.js'
import type { S3Credentials } from './s3-options.js'

/** With the server's own words behind what we say, but for what is missing. */
const PLAIN = new Set(['NoSuchBucket', 'NoSuchKey', 'NoSuchUpload'])

const CREDENTIALS_HINT =
  'Check S3_KEY_ID and S3_SECRET (or the AWS profile) and that they belong to this endpoint.'

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
    'the upload is gone',
    'It was aborted by another program or by a lifecycle rule; run it again.',
  ],
  InvalidAccessKeyId: ['bad-credentials', 'the access key is not known', CREDENTIALS_HINT],
  SignatureDoesNotMatch: [
    'bad-credentials',
    'the access key or the secret is wrong',
    CREDENTIALS_HINT,
  ],
  CredentialsProviderError: [
    'bad-credentials',
    'no credentials found',
    'Set S3_KEY_ID and S3_SECRET, or give the AWS SDK a profile or a role.',
  ],
  ExpiredToken: [
    'bad-credentials',
    'the credentials have expired',
    'Renew the credentials and run again; a profile or role that AWS tools renew (AWS_PROFILE) lasts longer than a run.',
  ],
  AccessDenied: [
    'access-denied',
    'access denied',
    'The policy of these credentials does not allow this (see docs/iam-policy.md), or the server does not know the access key: check S3_KEY_ID.',
  ],
  RequestTimeTooSkewed: [
    'clock-skew',
    "this machine's clock and the server's differ by more than 15 minutes",
    'Set the clock (timedatectl, chronyc makestep) and run again.',
  ],
  InvalidObjectState: [
    'object-archived',
    'the object is archived (Glacier)',
    'Restore it first (aws s3api restore-object), wait until that is done, then run again.',
  ],
  QuotaExceeded: ['no-space', 'the quota is used up', 'Free space, then run again.'],
  InsufficientStorage: ['no-space', 'the server has no space left', 'Free space, then run again.'],
  InvalidStorageClass: [
    'store-rejected',
    'the server does not have this storage class',
    'Check S3_STORAGE_CLASS or --storage-class.',
  ],
  InvalidToken: [
    'bad-credentials',
    'the session token is not valid',
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
    'the data arrived damaged',
    'Memory, network card or a proxy on the way may be at fault.',
  ],
}

const TEMPORARY_HINT =
  'S3_KEY_ID begins with ASIA, so it is temporary: set S3_SESSION_TOKEN as well.'

const REGION_HINT = 'Set S3_REGION (or AWS_REGION) to that region.'

/**
 * Say what a failed request means in words of ours, with the server's.
 *
 * @param error what the SDK threw
 * @param doing for the message: `upload part 3 of k`
 * @param title the store, for the message
 * @param credentials that the settings give
 */
export function toZ3Error(
  error: unknown,
  doing: string,
  title: string,
  credentials?: S3Credentials,
): Z3Error {
  if (error instanceof Z3Error) return error
  const [code, what, hint] = explain(error, credentials)
  return new Z3Error(code, `cannot ${doing}: ${what} (${title})`, {
    hint,
    cause: error,
  })
}

/** Why a request failed, in words of ours, without what it was for. */
export function reasonOfFailure(error: unknown): string {
  return error instanceof Z3Error ? error.message : explain(error, undefined)[1]
}

function explain(error: unknown, credentials: S3Credentials | undefined): Row {
  const name = errorName(error)
  const status = httpStatus(error)
  const message = oneLine((error as RawError).message)
  const detail =
    // the SDK's word for no word
    [name, '', 'UnknownError'].includes(message) ? name : `${name}: ${message}`
  const words = status === undefined ? detail : `${String(status)} ${detail}`
  // it is the server's word
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
      status === 404 ? what : `${what}: the server answered ${words}`,
      temporary ? TEMPORARY_HINT : hint,
    ]
  }
  if (/region is missing/i.test(message)) {
    return ['config', 'no region is configured', REGION_HINT]
  }
  if (status === undefined) return connectionError(name, message, detail)
  return [
    status >= 500 || [408, 429].includes(status) ? 'store-unavailable' : 'store-rejected',
    `the server answered ${words}`,
    status >= 500 || [408, 429].includes(status)
      ? 'The server is overloaded or broken; try again later.'
      : name === 'InvalidArgument'
        ? 'Check the settings that go with the request: S3_STORAGE_CLASS, S3_ACL, CHUNK_SIZE.'
        : 'Run with --debug to see the whole answer.',
  ]
}

/** What a status says where the server's code says nothing, or there is none. */
function byStatus(error: unknown, name: string, status: number | undefined): Row | undefined {
  const region = wrongRegion(error, name, status)
  if (region !== undefined) return region
  switch (status) {
    case 403:
      return BY_NAME['AccessDenied']
    case 404:
      return ['no-such-key', 'no such object', 'Check the key.']
    case 407:
      return ['store-unavailable', 'the proxy wants a user name and password', PROXY_HINT]
    case 501:
      return ['not-implemented', 'not implemented', 'The server does not support this request.']
    case 507:
      return BY_NAME['InsufficientStorage']
    case undefined:
    default:
      return undefined
  }
}

/** A redirect, or the region that the server names. */
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
        'Set S3_ENDPOINT (HOST) and S3_REGION to that server, if it is the right one.',
      ]
    : ['wrong-region', 'wrong region or endpoint', REGION_HINT]
}

/** A server may send any, an HTML page too. */
function oneLine(text: string | undefined): string {
  const line = (text ?? '').replace(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
