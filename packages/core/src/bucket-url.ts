import { Z3Error } from './errors.js'

/**
 * Parse `s3://BUCKET[/PREFIX]` or `file:///PATH`, as operands name a place. For the ARN of an access
 * point, its name precedes the prefix.
 *
 * @param what is named, for the message
 * @returns BUCKET, and S3_PREFIX if there is one
 * @throws Z3Error `usage`; the configuration checks the name of the bucket
 */
export function parseBucketUrl(
  url: string,
  what: string,
): { readonly bucket: string; readonly prefix: string | undefined } {
  if (url.startsWith('file:')) return { bucket: url, prefix: undefined }
  const found = /^s3:\/\/(arn:[^/]+\/[^/]+|[^/]+)(?:\/+(.*))?$/.exec(url)
  if (!found) {
    throw new Z3Error(
      'usage',
      `${what} '${url}' is not s3://BUCKET, s3://BUCKET/PREFIX or file:///PATH`,
      { hint: 'The name of the bucket follows the two slashes.' },
    )
  }
  const [, name = '', prefix = ''] = found
  return { bucket: `s3://${name}`, prefix: prefix === '' ? undefined : prefix }
}
