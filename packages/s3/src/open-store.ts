import type { ObjectStore } from './object-store.js'
import type { S3Options } from './s3/connection/s3-options.js'

/** Location of a store: a bucket of an S3 server, or a local directory. */
export type StoreLocation =
  | { readonly kind: 's3'; readonly bucket: string }
  | { readonly kind: 'file'; readonly path: string }

/** Open a store. Loads only what is needed: loading the AWS SDK takes longer than all the rest. */
export async function openStore(
  location: StoreLocation,
  options: Omit<S3Options, 'bucket'>,
): Promise<ObjectStore> {
  if (location.kind === 'file') {
    const { FileStore } = await import('./file/store.js')
    return new FileStore(location.path)
  }
  const { S3Store } = await import('./s3/s3-store.js')
  return new S3Store({ ...options, ...(await findServer(options)), bucket: location.bucket })
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
