import {
  missingSetting,
  parseBucket,
  type Addressing,
  type Bucket,
  type LoadedConfig,
} from '@z3/config'

/** A key, and the token that belongs to it where it is temporary. */
interface StoreCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** The settings that say which store is meant and how to talk to it. */
export interface StoreSettings {
  readonly bucket: Bucket
  readonly endpoint: string | undefined
  readonly region: string | undefined
  readonly credentials: StoreCredentials | undefined
  readonly storageClass: string | undefined
  readonly acl: string | undefined
  readonly addressing: Addressing
  /** Absolute path of PEM certificates to trust. */
  readonly caFile: string | undefined
  readonly attempts: number | undefined
  /** The following are milliseconds. */
  readonly retryFor: number
  readonly connectTimeout: number
  readonly idleTimeout: number
  readonly completeTimeout: number
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
            ...(settings.S3_SESSION_TOKEN === undefined
              ? {}
              : { sessionToken: settings.S3_SESSION_TOKEN }),
          }
        : undefined,
    storageClass: settings.S3_STORAGE_CLASS,
    acl: settings.S3_ACL,
    addressing: settings.S3_ADDRESSING,
    caFile: settings.S3_CA_FILE,
    attempts: settings.MAX_RETRIES,
    retryFor: settings.RETRY_FOR,
    connectTimeout: settings.CONNECT_TIMEOUT,
    idleTimeout: settings.ANSWER_TIMEOUT,
    completeTimeout: settings.COMPLETE_TIMEOUT,
    connections: settings.CONCURRENCY,
  }
}
