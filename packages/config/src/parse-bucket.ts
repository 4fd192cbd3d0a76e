import { Z3Error } from '@z3/core'

/** Where the objects are: a bucket of an S3 server, or a local directory. */
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
  const bucket = text.startsWith('s3://') ? text.slice('s3://'.length) : text
  if (isAccessPoint(bucket)) return { kind: 's3', bucket }
  const [name = '', ...rest] = bucket.split('/')
  if (isName(name) && rest.length > 0) {
    if (rest.join('') === '') return { kind: 's3', bucket: name }
    throw new Z3Error(
      'config',
      `'${text}' contains more than a bucket (the bucket is ${name}; the rest belongs into S3_PREFIX)`,
      { hint: `Set BUCKET to ${name} and S3_PREFIX to ${rest.join('/')}.` },
    )
  }
  if (!isName(bucket)) {
    throw new Z3Error(
      'config',
      `'${text}' is not a bucket (allowed: a name of 3 to 255 letters, digits and .-_, tenant:name, the ARN of an access point, s3://name, file:///absolute/path)`,
      { hint: 'Set BUCKET to the name of a bucket.' },
    )
  }
  return { kind: 's3', bucket }
}

function isName(text: string): boolean {
  return /^(\w+:)?[a-zA-Z0-9][\w.-]{1,253}[a-zA-Z0-9]$/.test(text)
}

/**
 * `arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME` and that of an outpost. Those of multi-region access
 * points have no region; they need a signature that the SDK alone cannot make.
 */
function isAccessPoint(text: string): boolean {
  return /^arn:[\w-]+:s3(-outposts|-object-lambda)?:[a-z0-9-]+:\d{12}:(outpost[/:][\w-]+[/:])?accesspoint[/:][a-z0-9-]+$/.test(
    text,
  )
}

// The path is taken as written, not percent-decoded: what `ls` shows is what one writes, as
// everywhere else in the configuration.
function filePath(text: string): string {
  const path = /^file:\/\/(\/.*)$/.exec(text)?.[1]
  if (path === undefined) {
    throw new Z3Error(
      'config',
      `'${text}' is not an absolute path (allowed: file:///absolute/path, with three slashes)`,
      { hint: 'Write the absolute path of the directory.' },
    )
  }
  return path.replace(/(?<=.)\/+$/, '')
}
