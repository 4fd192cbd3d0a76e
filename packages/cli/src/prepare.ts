import {
  loadConfig,
  missingSetting,
  parseBucket,
  parseLock,
  parseTags,
  type Bucket,
  type LoadedConfig,
  type LockRetention,
  type Settings,
} from '@z3/config'
import { parseRate, Z3Error, type RateSchedule } from '@z3/core'
import type { Io } from './io.js'
import { flagValues } from './flags/option-flags.js'
import { writeLog } from './log/write-log.js'
import { printable } from './report-error.js'
import { sseSettings, type SseSettings } from './sse-settings.js'

/** What is settled before a program does its work. */
export interface Prepared {
  readonly config: LoadedConfig
  readonly store: StoreSettings & {
    readonly onRetry: OnRetry
    /** Read the credentials again: a file may have been rewritten. */
    readonly rereadCredentials: () => Promise<StoreSettings['credentials']>
  }
  /** Tell something on stderr, unless `--quiet` was given. */
  readonly say: (line: string) => void
}

/** Told of a request that failed and will be made again. */
type OnRetry = (event: {
  readonly doing: string
  readonly attempt: number
  /** undefined: as many as RETRY_FOR leaves time for. */
  readonly attempts: number | undefined
  readonly error: unknown
}) => void

/**
 * Read the configuration of a program that works on one store.
 *
 * @param name of the program, which begins its messages
 * @throws Z3Error `usage`, `config`
 */
export async function prepare(
  name: string,
  args: Readonly<Record<string, unknown>> & {
    readonly config?: string | undefined
    readonly quiet?: boolean | undefined
  },
  io: Io,
): Promise<Prepared> {
  const say = (line: string) => {
    if (!args.quiet) io.stderr.write(`${printable(line)}\n`)
  }
  const load = () =>
    loadConfig({
      flags: flagValues(args),
      env: io.env,
      configFile: args.config,
    })
  const config = await load()
  applyLogFormat(config, io)
  const warn = (line: string) => {
    if (args.quiet) return
    writeLog(io.stderr, name, { level: 'warning', message: printable(line) })
  }
  config.warnings.forEach(warn)
  const onRetry: OnRetry = ({ doing, attempt, attempts, error }) => {
    const why = error instanceof Error ? error.message : String(error)
    warn(
      `cannot ${doing}: attempt ${String(attempt)}${attempts === undefined ? '' : ` of ${String(attempts)}`} failed, retrying: ${why}`,
    )
  }
  const rereadCredentials = async () => storeSettings(await load()).credentials
  const store = { ...storeSettings(config), onRetry, rereadCredentials }
  return { config, store, say }
}

/** Use LOG_FORMAT of a file; the command line and the environment were known before. */
export function applyLogFormat({ settings, sources }: LoadedConfig, { stderr }: Io): void {
  if (sources.LOG_FORMAT.kind === 'file') stderr.setFormat?.(settings.LOG_FORMAT)
}

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
  /** Of new objects: keys and values. */
  readonly tags: ReturnType<typeof parseTags> | undefined
  readonly retention: LockRetention | undefined
  readonly legalHold: boolean
  /** Encryption of new objects by the server. */
  readonly sse: SseSettings | undefined
  /** Absolute path of the SSE-C key. */
  readonly sseKeyFile: string | undefined
  readonly addressing: Settings['S3_ADDRESSING']
  /** Absolute path of PEM certificates to trust. */
  readonly caFile: string | undefined
  readonly attempts: number | undefined
  /** The following are milliseconds. */
  readonly retryFor: number
  readonly connectTimeout: number
  readonly idleTimeout: number
  readonly completeTimeout: number
  readonly connections: number
  /** Bytes. */
  readonly maxObject: number | undefined
  readonly senders: number | undefined
  readonly rate: RateSchedule | undefined
}

/**
 * Check that the store can lock and encrypt new objects where that is asked for.
 *
 * @throws Z3Error `config` where the store is a directory
 */
export function checkUpload(settings: StoreSettings): void {
  const { bucket, retention, legalHold, sse, sseKeyFile } = settings
  if (bucket.kind === 's3') return
  if (retention || legalHold) {
    throw new Z3Error('config', 'S3_LOCK and S3_LEGAL_HOLD: a directory has no Object Lock', {
      hint: 'Remove the settings, or store into a bucket with Object Lock.',
    })
  }
  if (sse || sseKeyFile !== undefined) {
    throw new Z3Error('config', 'S3_SSE and S3_SSE_C_KEY_FILE: a directory has no server', {
      hint: 'Remove the settings, and encrypt with ENCRYPTOR.',
    })
  }
}

/**
 * The same for datasets, and for all that have a section `[fs:…]`: an error in one is found before
 * anything is stored.
 *
 * @throws Z3Error `config`
 */
export function checkUploads(config: LoadedConfig, datasets: readonly string[]): void {
  for (const dataset of new Set([...datasets, ...config.datasets])) {
    try {
      checkUpload(storeSettings(config.forDataset(dataset)))
    } catch (error) {
      if (!(error instanceof Z3Error)) throw error
      throw new Z3Error(error.code, `${dataset}: ${error.message}`, { hint: error.hint })
    }
  }
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
    tags: settings.S3_TAGS === undefined ? undefined : parseTags(settings.S3_TAGS),
    retention: parseLock(settings.S3_LOCK),
    legalHold: settings.S3_LEGAL_HOLD === 'yes',
    sse: sseSettings(settings),
    sseKeyFile: settings.S3_SSE_C_KEY_FILE,
    addressing: settings.S3_ADDRESSING,
    caFile: settings.S3_CA_FILE,
    attempts: settings.MAX_RETRIES,
    retryFor: settings.RETRY_FOR,
    connectTimeout: settings.CONNECT_TIMEOUT,
    idleTimeout: settings.ANSWER_TIMEOUT,
    completeTimeout: settings.COMPLETE_TIMEOUT,
    connections: settings.CONCURRENCY,
    maxObject: settings.MAX_OBJECT,
    senders: settings.SENDERS,
    rate: settings.RATE === undefined ? undefined : parseRate(settings.RATE),
  }
}
