import type { ProxiedRequest } from '../soak/fault-proxy.js'

/** A permission that a request needs, and for what. */
export interface Needed {
  readonly action: string
  readonly resource: string
}

/**
 * The permissions that AWS asks for a request, path style (AWS: "Required permissions for Amazon S3
 * API operations").
 */
export const neededFor = ({ method, url, headers }: ProxiedRequest): readonly Needed[] => {
  const { pathname, searchParams: query } = new URL(url, 'http://server')
  const [, bucket = '', ...rest] = pathname.split('/')
  const key = decodeURIComponent(rest.join('/'))
  const arn = `arn:aws:s3:::${bucket}`
  const actions =
    key === ''
      ? [ofBucket(method, query)]
      : [ofObject(method, query), ...(isNew(method, query) ? ofHeaders(headers) : [])]
  return actions.map((action) => ({ action, resource: key === '' ? arn : `${arn}/${key}` }))
}

const ofBucket = (method: string, query: URLSearchParams): string => {
  const known = [
    ['list-type', 's3:ListBucket'],
    ['uploads', 's3:ListBucketMultipartUploads'],
    ['object-lock', 's3:GetBucketObjectLockConfiguration'],
    ['versioning', 's3:GetBucketVersioning'],
    ['versions', 's3:ListBucketVersions'],
  ].find(([name = '']) => method === 'GET' && query.has(name))
  return known?.[1] ?? `unknown: ${method} of the bucket, ?${query.toString()}`
}

const ofObject = (method: string, query: URLSearchParams): string => {
  const version = query.has('versionId') ? 'Version' : ''
  const upload = query.has('uploadId')
  switch (method) {
    case 'HEAD':
    case 'GET':
      return upload ? 's3:ListMultipartUploadParts' : `s3:GetObject${version}`
    case 'DELETE':
      return upload ? 's3:AbortMultipartUpload' : `s3:DeleteObject${version}`
    case 'PUT':
      if (query.has('retention')) return 's3:PutObjectRetention'
      return query.has('legal-hold') ? 's3:PutObjectLegalHold' : 's3:PutObject'
    default:
      return 's3:PutObject'
  }
}

/** Whether it makes an object, or begins an upload. */
const isNew = (method: string, query: URLSearchParams): boolean =>
  (method === 'PUT' && !query.has('retention') && !query.has('legal-hold')) ||
  (method === 'POST' && query.has('uploads'))

const ofHeaders = (headers: ProxiedRequest['headers']): readonly string[] =>
  [
    ['x-amz-acl', 's3:PutObjectAcl'],
    ['x-amz-tagging', 's3:PutObjectTagging'],
    ['x-amz-object-lock-mode', 's3:PutObjectRetention'],
    ['x-amz-object-lock-legal-hold', 's3:PutObjectLegalHold'],
  ].flatMap(([name = '', action = '']) => (headers[name] === undefined ? [] : [action]))
