import type { AsOf } from './as-of/open-as-of.js'
import type { BucketInspection } from './inspect/inspect-bucket.js'
import type { ObjectStore } from './object-store.js'
import { LargeObjectStore } from './large/large-store.js'
import type { S3Options } from './s3/connection/s3-options.js'

/** Location of a store: a bucket of an S3 server, or a local directory. */
export type StoreLocation =
  | { readonly kind: 's3'; readonly bucket: string }
  | { readonly kind: 'file'; readonly path: string }

/** Settings of a store; those of a server have no meaning for a directory. */
export interface StoreOptions extends Omit<S3Options, 'bucket'> {
  /** Size from which a stream continues in a further object, bytes; undefined: the provider's. */
  readonly maxObject?: number | undefined
  /** Open it as it was then. */
  readonly asOf?: AsOf | undefined
}

/** Open a store. Loads only what is needed: loading the AWS SDK takes longer than all the rest. */
export async function openStore(
  location: StoreLocation,
  { maxObject, asOf, ...options }: StoreOptions,
): Promise<ObjectStore> {
  const store = await openPlain(location, options)
  if (!asOf) return new LargeObjectStore(store, maxObject)
  const { openAsOf } = await import('./as-of/open-as-of.js')
  return new LargeObjectStore(await openAsOf(store, asOf), maxObject)
}

async function openPlain(
  location: StoreLocation,
  options: Omit<S3Options, 'bucket'>,
): Promise<ObjectStore> {
  if (location.kind === 'file') {
    const { FileStore } = await import('./file/store.js')
    return new FileStore(location.path)
  }
  const { S3Store } = await import('./s3/s3-store.js')
  const server = await findServer(options)
  return new S3Store({ ...options, ...server, bucket: location.bucket })
}

/** Open a bucket to inspect it: `z3 doctor`. */
export async function openInspection(options: S3Options): Promise<BucketInspection> {
  const { inspectBucket } = await import('./inspect/inspect-bucket.js')
  return inspectBucket({ ...options, ...(await findServer(options)) })
}

/** Which S3 server is meant; both undefined: AWS, in the SDK's default region. */
export interface Server {
  readonly endpoint: string | undefined
  readonly region: string | undefined
}

/** The server of the settings, and of the AWS profile for what they leave open. */
export async function findServer({ endpoint, region }: Partial<Server>): Promise<Server> {
  const { readAwsProfile } = await import('./s3/connection/aws-profile.js')
  const profile = await readAwsProfile(process.env)
  return { endpoint: endpoint ?? profile.endpoint, region: region ?? profile.region }
}
