import { invalid } from '../problem.js'

/** The place of the objects: a bucket of an S3 server, or a local directory. */
export type Bucket =
  | { readonly kind: 's3'; readonly bucket: string }
  | { readonly kind: 'file'; readonly path: string }

/**
 * Read BUCKET: `name`, `s3://name` or `file:///absolute/path`. Names are checked loosely, since
 * servers differ: 3 to 255 letters, digits, dots, hyphens and underscores (upper case and `_` on
 * old buckets of AWS, on Ceph and Swift), a letter or digit at both ends; on Ceph with a tenant,
 * `tenant:name`; or the ARN of an access point.
 *
 * @throws Z3Error `config`
 */
export function parseBucket(text: string): Bucket {
  if (text.startsWith('file:')) return { kind: 'file', path: filePath(text) }
  const bucket = text.replace(/^s3:\/\//, '')
  if (ACCESS_POINT.test(bucket)) return { kind: 's3', bucket }
  const [, name = '', rest = ''] = /^([^/]*)(.*)$/s.exec(bucket) ?? []
  if (!NAME.test(name)) {
    throw invalid(
      `'${text}' is not a bucket (allowed: a name of 3 to 255 letters, digits and .-_, tenant:name, the ARN of an access point, s3://name, file:///absolute/path)`,
    )
  }
  if (!/^\/*$/.test(rest)) {
    throw invalid(
      `'${text}' contains more than a bucket (the bucket is ${name}; put the rest into S3_PREFIX)`,
    )
  }
  return { kind: 's3', bucket: name }
}

const NAME = /^(\w+:)?[a-zA-Z0-9][\w.-]{1,253}[a-zA-Z0-9]$/

/**
 * `arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME` and the ARN of an outpost. Multi-region access
 * points have no region; they need a signature that the SDK alone cannot make.
 */
const ACCESS_POINT =
  /^arn:[\w-]+:s3(-outposts|-object-lambda)?:[a-z0-9-]+:\d{12}:(outpost[/:][\w-]+[/:])?accesspoint[/:][a-z0-9-]+$/

// The path is not percent-decoded: people write what `ls` shows.
function filePath(text: string): string {
  const path = /^file:\/\/(\/.*)$/.exec(text)?.[1]
  if (path === undefined) {
    throw invalid(
      `'${text}' is not an absolute path (allowed: file:///absolute/path, with three slashes)`,
    )
  }
  return path.replace(/(?<=.)\/+$/, '')
}
