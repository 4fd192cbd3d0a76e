import type { Settings } from '@z3/config'
import { Z3Error } from '@z3/core'

/** Encryption of new objects with a key that the server has. */
export interface SseSettings {
  readonly algorithm: 'AES256' | 'aws:kms'
  /** undefined: the bucket's. */
  readonly kmsKey: string | undefined
  /** undefined: as the bucket says. */
  readonly bucketKey: boolean | undefined
}

/**
 * Take the encryption by the server from the configuration.
 *
 * @returns undefined: none is asked for
 * @throws Z3Error `config` where the settings contradict each other
 */
export function sseSettings(settings: Settings): SseSettings | undefined {
  const { S3_SSE: algorithm, S3_SSE_BUCKET_KEY: bucketKey } = settings
  const kmsKey = settings.S3_SSE_KMS_KEY || undefined
  if (algorithm !== 'aws:kms' && (kmsKey !== undefined || bucketKey === 'yes')) {
    const name = kmsKey === undefined ? 'S3_SSE_BUCKET_KEY' : 'S3_SSE_KMS_KEY'
    throw new Z3Error('config', `${name} has no meaning with S3_SSE=${algorithm}`, {
      hint: `Set S3_SSE=aws:kms, or remove ${name}.`,
    })
  }
  if (algorithm === 'none') return undefined
  if (settings.S3_SSE_C_KEY_FILE !== undefined) {
    throw new Z3Error('config', 'S3_SSE and S3_SSE_C_KEY_FILE are both set', {
      hint: 'An object has one encryption: remove one of the settings.',
    })
  }
  return {
    algorithm,
    kmsKey,
    bucketKey: bucketKey === undefined ? undefined : bucketKey === 'yes',
  }
}
