import { Z3Error } from '@z3/core'

/** Where the objects are: a bucket of an S3 server, or a local directory. */
export type Bucket =
  | { readonly kind: 's3'; readonly bucket: string }
  | { readonly kind: 'file'; readonly path: string }

/**
 * Read BUCKET: `name`, `s3://name` or `file:///absolute/path`. Names are
 * checked loosely, since servers differ: 3 to 63 lower-case letters, digits,
 * dots and hyphens, a letter or digit at both ends.
 *
 * @throws Z3Error `config`
 */
export function parseBucket(text: string): Bucket {
  if (text.startsWith('file:')) return { kind: 'file', path: filePath(text) }
  const bucket = text.startsWith('s3://') ? text.slice('s3://'.length) : text
  const [name = '', ...rest] = bucket.split('/')
  if (isName(name) && rest.length > 0) {
    if (rest.join('') === '') return { kind: 's3', bucket: name }
    throw new Z3Error(
      'config',
      `'${text}' holds more than a bucket (the bucket is ${name}; what comes before the objects' names is S3_PREFIX)`,
      { hint: `Set BUCKET to ${name} and S3_PREFIX to ${rest.join('/')}.` },
    )
  }
  if (!isName(bucket)) {
    throw new Z3Error(
      'config',
      `'${text}' is not a bucket (allowed: a name of 3 to 63 lower-case letters, digits, dots and hyphens, s3://name, file:///absolute/path)`,
      { hint: 'Set BUCKET to the name of the bucket alone.' },
    )
  }
  return { kind: 's3', bucket }
}

function isName(text: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text)
}

// The path is taken as written, not percent-decoded: what `ls` shows is what
// one writes, as everywhere else in the configuration.
function filePath(text: string): string {
  const path = /^file:\/\/(\/.*)$/.exec(text)?.[1]
  if (path === undefined) {
    throw new Z3Error(
      'config',
      `'${text}' is not an absolute path (allowed: file:///absolute/path, with three slashes)`,
      { hint: 'Write the path of the directory from the root on.' },
    )
  }
  return path.replace(/(?<=.)\/+$/, '')
}
