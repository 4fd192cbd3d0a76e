import {
  missingSetting,
  parseBucket,
  type Bucket,
  type LoadedConfig,
} from '@z3/config'

/** The settings that say which store is meant and how to talk to it. */
export interface StoreSettings {
  readonly bucket: Bucket
  readonly endpoint: string | undefined
  readonly region: string | undefined
  readonly credentials:
    | { readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined
  readonly storageClass: string | undefined
  readonly acl: string | undefined
  readonly attempts: number
  readonly connections: number
}

/**
 * Take what concerns the store from the configuration.
 *
 * @throws Z3Error `config` without a bucket
 */
export function storeSettings(config: LoadedConfig): StoreSettings {
  const { settings } = config
  if (settings.BUCKET === undefined) throw missingSetting('BUCKET', config)
  return {
    bucket: parseBucket(settings.BUCKET),
    endpoint: settings.S3_ENDPOINT,
    region: settings.S3_REGION,
    credentials:
      settings.S3_KEY_ID !== undefined && settings.S3_SECRET !== undefined
        ? {
            accessKeyId: settings.S3_KEY_ID,
            secretAccessKey: settings.S3_SECRET,
          }
        : undefined,
    storageClass: settings.S3_STORAGE_CLASS,
    acl: settings.S3_ACL,
    attempts: settings.MAX_RETRIES,
    connections: settings.CONCURRENCY,
  }
}
