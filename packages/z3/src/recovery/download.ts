import { Z3Error } from '@z3/core'
import type { StoreSettings } from '@z3/cli'
import { quote, renderCommand } from '@z3/pipeline'
import { objectPlace, type Server } from '@z3/s3'

/** Programs that a recovery sheet downloads with. */
export const DOWNLOADERS = ['curl', 'aws'] as const
export type Downloader = (typeof DOWNLOADERS)[number]

/** Where the objects are, and what trusts the server. */
export type Place = Pick<StoreSettings, 'bucket' | 'addressing' | 'caFile' | 'sseKeyFile'> & {
  readonly server: Server
}

/** The file with the S3 key, in curl's format; no secret may stand on a command line. */
export const CURL_CONFIG = 'z3-curl.conf'

/** The file with the SSE-C key, 32 bytes, for aws. */
export const SSE_KEY_FILE = 'z3-sse-c.key'

/** The data file's name ends in an upload id of 32 hexadecimal digits (docs/format.md). */
const UPLOAD_ID = '?'.repeat(32)

/** How a script downloads. */
export interface Download {
  /** The definition of the shell function that `command` calls. */
  readonly definition: string | undefined
  /** What writes an object to its standard output, as a shell reads it. */
  readonly command: (key: string) => string
}

/** @throws Z3Error `config` where the program cannot address the bucket */
export function downloadWith(downloader: Downloader, place: Place): Download {
  const { bucket } = place
  if (bucket.kind === 'file') {
    const { path } = bucket
    return {
      definition: undefined,
      command: (key) => {
        const { directory, base } = objectPlace(path, key)
        return `${renderCommand({ file: 'cat', args: [`${directory}/${base}`] })}.${UPLOAD_ID}`
      },
    }
  }
  const [get, path, pathOf] =
    downloader === 'aws' ? awsCommand(bucket.bucket, place) : curlCommand(bucket.bucket, place)
  const [before, after] = [get, path].map((words) => words.map(quote).join(' '))
  return {
    definition: `get() { ${before ?? ''}"$1"${after === '' ? '' : ` ${after ?? ''}`}; }`,
    command: (key) => `get ${quote(pathOf(key))}`,
  }
}

/** Words before a path, the last of which it completes; words after it; the path of a key. */
type GetCommand = readonly [
  before: readonly string[],
  after: readonly string[],
  pathOf: (key: string) => string,
]

/** The region that signatures name: AWS's default where none is set. */
function regionOf({ region }: Server): string {
  return region ?? 'us-east-1'
}

/** aws, and what it needs to reach the server. */
export function awsWords({ server: { endpoint, region }, caFile }: Place): readonly string[] {
  return [
    'aws',
    ...(endpoint === undefined ? [] : ['--endpoint-url', urlOf(endpoint).origin]),
    ...(region === undefined ? [] : ['--region', region]),
    ...(caFile === undefined ? [] : ['--ca-bundle', caFile]),
  ]
}

/** @throws Z3Error `config` */
function awsCommand(bucket: string, place: Place): GetCommand {
  const { sseKeyFile } = place
  if (bucket.includes(':') && !bucket.startsWith('arn:')) {
    throw new Z3Error('config', `aws cannot address the bucket '${bucket}' of a tenant`, {
      hint: 'Use --with curl.',
    })
  }
  const before = [
    ...awsWords(place),
    ...['s3', 'cp', '--only-show-errors'],
    ...(sseKeyFile === undefined
      ? []
      : ['--sse-c', 'AES256', '--sse-c-key', `fileb://${SSE_KEY_FILE}`]),
    `s3://${bucket}/`,
  ]
  return [before, ['-'], (key) => key]
}

/**
 * The hash of the body is said not to be signed, since curl 7.88 (Debian 12) leaves out the
 * header, which S3 requires.
 *
 * @throws Z3Error `config`
 */
function curlCommand(
  bucket: string,
  { server, addressing, caFile, sseKeyFile }: Place,
): GetCommand {
  if (sseKeyFile !== undefined) {
    // curl 7.88 signs `…-key-md5` before `…-key`, which servers refuse
    throw new Z3Error('config', 'curl cannot sign requests with an SSE-C key', {
      hint: 'Use --with aws.',
    })
  }
  if (bucket.startsWith('arn:')) {
    throw new Z3Error('config', `curl cannot address the access point '${bucket}'`, {
      hint: 'Use --with aws.',
    })
  }
  const { endpoint } = server
  const base = urlOf(endpoint ?? `https://s3.${regionOf(server)}.amazonaws.com`)
  const root = base.pathname.replace(/\/$/, '')
  const before = [
    ...['curl', '--fail', '--silent', '--show-error', '--config', CURL_CONFIG],
    ...['--aws-sigv4', `aws:amz:${regionOf(server)}:s3`],
    ...['--header', 'x-amz-content-sha256: UNSIGNED-PAYLOAD'],
    ...(caFile === undefined ? [] : ['--cacert', caFile]),
    addressing === 'virtual'
      ? `${base.protocol}//${bucket}.${base.host}${root}/`
      : `${base.origin}${root}/${encode(bucket)}/`,
  ]
  return [before, [], (key) => key.split('/').map(encode).join('/')]
}

/** S3_ENDPOINT is a URL, or a host name, which means HTTPS. */
function urlOf(endpoint: string): URL {
  return new URL(endpoint.includes('://') ? endpoint : `https://${endpoint}`)
}

/** As signatures want it (RFC 3986): all but letters, digits and `-_.~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
