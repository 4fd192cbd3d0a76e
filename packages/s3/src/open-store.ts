import type { ObjectStore } from './object-store.js'
import type { S3Options } from './s3/connection/s3-options.js'

/** Where a store is: a bucket of an S3 server, or a local directory. */
export type StoreLocation =
  | { readonly kind: 's3'; readonly bucket: string }
  | { readonly kind: 'file'; readonly path: string }

/**
 * Open a store. Only what the kind needs is loaded: the AWS SDK takes longer
 * to load than all the rest.
 */
export async function openStore(
  location: StoreLocation,
  options: Omit<S3Options, 'bucket'>,
): Promise<ObjectStore> {
  if (location.kind === 'file') {
    const { FileStore } = await import('./file/store.js')
    return new FileStore(location.path)
  }
  const { S3Store } = await import('./s3/s3-store.js')
  const { readAwsProfile } = await import('./s3/connection/aws-profile.js')
  const profile = await readAwsProfile(process.env)
  return new S3Store({
    ...options,
    endpoint: options.endpoint ?? profile.endpoint,
    region: options.region ?? profile.region,
    bucket: location.bucket,
  })
}
