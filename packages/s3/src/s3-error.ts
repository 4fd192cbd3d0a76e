import { Z3Error, type ErrorCode } from '@z3/core'

/** The parts of an SDK or socket error that tell what happened. */
interface RawError {
  readonly name?: string
  readonly message?: string
  readonly Code?: string
  readonly code?: string
  readonly Region?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: {
    readonly headers?: Readonly<Record<string, string>>
  }
}

/** The server's word for the error, the socket's, or the SDK's. */
export function errorName(error: unknown): string {
  const e = error as RawError
  return e.Code ?? e.code ?? e.name ?? 'Error'
}

/** HTTP status, or undefined when no answer came. */
export function httpStatus(error: unknown): number | undefined {
  return (error as RawError).$metadata?.httpStatusCode
}

/** Codes of errors that say nothing of the next attempt. */
const RETRYABLE = new Set([
  // the way there
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'TimeoutError',
  'ERR_STREAM_PREMATURE_CLOSE',
  // the server, with a 4xx status
  'RequestTimeout',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'OperationAborted',
  'BadDigest',
  'IncompleteBody',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
])

/** May the same request succeed when it is made again? */
export function isRetryable(error: unknown): boolean {
  const status = httpStatus(error)
  if (RETRYABLE.has(errorName(error))) return true
  if (status === undefined) return false
  // 501 is a feature that is not there, and stays so
  return (status >= 500 && status !== 501) || status === 429 || status === 408
}

/** Did no answer come at all? Then the endpoint itself may be wrong. */
export function isUnreachable(error: unknown): boolean {
  return httpStatus(error) === undefined
}

type Row = readonly [code: ErrorCode, what: string, hint: string]

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
  InvalidAccessKeyId: [
    'bad-credentials',
    'the access key is not known',
    CREDENTIALS_HINT,
  ],
  SignatureDoesNotMatch: [
    'bad-credentials',
    'the secret key is wrong',
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
    'Renew them and run again.',
  ],
  AccessDenied: [
    'access-denied',
    'access denied',
    'The credentials are good, but their policy does not allow this: see docs/iam-policy.md.',
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
  QuotaExceeded: [
    'no-space',
    'the quota is used up',
    'Make room and run again.',
  ],
  InsufficientStorage: [
    'no-space',
    'the server has no space left',
    'Make room and run again.',
  ],
  InvalidStorageClass: [
    'store-rejected',
    'the server does not have this storage class',
    'Check S3_STORAGE_CLASS or --storage-class.',
  ],
  BadDigest: [
    'checksum-mismatch',
    'the data arrived damaged',
    'Memory, network card or a proxy on the way may be at fault.',
  ],
}

const REGION_HINT = 'Set S3_REGION (or AWS_REGION) to that region.'

/**
 * Say what a failed request means in words of ours.
 *
 * @param error what the SDK threw
 * @param doing for the message: `upload part 3 of k`
 * @param title the store, for the message
 */
export function toZ3Error(
  error: unknown,
  doing: string,
  title: string,
): Z3Error {
  if (error instanceof Z3Error) return error
  const name = errorName(error)
  const status = httpStatus(error)
  const make = ([code, what, hint]: Row) =>
    new Z3Error(code, `cannot ${doing}: ${what} (${title})`, {
      hint,
      cause: error,
    })
  // it is the server's word
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined
  if (known) return make(known)
  const region = wrongRegion(error, name, status)
  if (region !== undefined) {
    return make([
      'wrong-region',
      region ? `the bucket is in region ${region}` : 'wrong region or endpoint',
      REGION_HINT,
    ])
  }
  const message = oneLine((error as RawError).message)
  if (/region is missing/i.test(message)) {
    return make(['config', 'no region is configured', REGION_HINT])
  }
  if (status === 404)
    return make(['no-such-key', 'no such object', 'Check the key.'])
  if (status === 403) return make(BY_NAME['AccessDenied'] as Row)
  if (status === 507) return make(BY_NAME['InsufficientStorage'] as Row)
  const detail =
    message === name || message === '' ? name : `${name}: ${message}`
  if (status === undefined) {
    return make([
      'store-unavailable',
      `no usable answer: ${detail}`,
      'Check the network, the endpoint (S3_ENDPOINT, HOST) and that the server runs.',
    ])
  }
  const answered = `the server answered ${String(status)} ${detail}`
  if (status === 501) {
    return make([
      'not-implemented',
      answered,
      'This server lacks what was asked for.',
    ])
  }
  return status >= 500 || status === 429 || status === 408
    ? make([
        'store-unavailable',
        answered,
        'The server is overloaded or broken; try again later.',
      ])
    : make([
        'store-rejected',
        answered,
        'Run with --debug to see the whole answer.',
      ])
}

/** The region that the server names, '' when it names none. */
function wrongRegion(
  error: unknown,
  name: string,
  status: number | undefined,
): string | undefined {
  const e = error as RawError
  const named = e.Region ?? e.$response?.headers?.['x-amz-bucket-region'] ?? ''
  if (
    [
      'PermanentRedirect',
      'AuthorizationHeaderMalformed',
      'IllegalLocationConstraintException',
    ].includes(name) ||
    status === 301 ||
    status === 307
  ) {
    const said = /expecting '([^']+)'/.exec(e.message ?? '')
    return named || (said?.[1] ?? '')
  }
  return undefined
}

function oneLine(text: string | undefined): string {
  return (text ?? '').replace(/\s+/g, ' ').trim()
}
