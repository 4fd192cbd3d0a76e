import { MIB } from '@z3/core'
import {
  formatValue,
  VALUE_TYPES,
  type OptionType,
  type Typed,
  type ValueOf,
} from './values/value-types.js'

/** A row of the table. optionOf completes it. */
interface Row extends Partial<Omit<Option, 'key' | 'type' | 'description'>> {
  readonly type: OptionType
  /** What applies where nothing sets an option without a default, for help. */
  readonly unset?: string
  /** What the option sets. optionOf adds the allowed values and the default. */
  readonly description: string
}

/** An option: one row of the table, complete. */
export interface Option extends Typed {
  readonly key: Key
  /** The value where no layer sets one. `undefined`: the option is unset. */
  readonly default: string | number | undefined
  /** Never shown: not in messages, not in `z3 config`, not on a command line. */
  readonly secret: boolean
  /** Allowed in a section `[fs:DATASET]`. */
  readonly perDataset: boolean
  /** The keys that set it in a file, any case. The first is the main one. */
  readonly keys: readonly string[]
  /** Environment variables that set it, strongest first. */
  readonly env: readonly string[]
  /** The long flag without its dashes. `undefined`: there is none. */
  readonly flag: string | undefined
  /** Other names of the flag, without dashes. */
  readonly flagAliases: readonly string[]
  /** The heading of the flag in help. */
  readonly group: string
  /** The name of the value in help and manual. */
  readonly metavar: string
  /** A value for the sample configuration. */
  readonly example: string
  /** One sentence for help, manual and sample. */
  readonly description: string
}

/**
 * The one table of options. Flags, environment, files, help, manual, sample and the types of the
 * settings are derived from it.
 */
const TABLE = {
  BUCKET: {
    type: 'bucket',
    example: 'my-backups',
    description: 'Bucket: a name, s3://name, or file:///path for a directory',
  },
  S3_KEY_ID: {
    type: 'text',
    secret: true,
    metavar: 'ID',
    example: 'the-access-key-id',
    unset: 'AWS profiles and roles',
    description: 'Access key ID',
  },
  S3_SECRET: {
    type: 'text',
    secret: true,
    metavar: 'SECRET',
    example: 'the-secret-access-key',
    description: 'Secret access key of S3_KEY_ID',
  },
  S3_SESSION_TOKEN: {
    type: 'text',
    secret: true,
    metavar: 'TOKEN',
    example: 'the-session-token',
    description: 'Session token of temporary credentials',
  },
  S3_ENDPOINT: {
    type: 'endpoint',
    keys: ['S3_ENDPOINT', 'HOST'],
    env: ['Z3_S3_ENDPOINT', 'Z3_HOST', 'S3_ENDPOINT', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    flag: 'endpoint',
    example: 'https://s3.example.com',
    unset: 'the AWS profile, else AWS',
    description: 'URL or host name of the S3 server',
  },
  S3_REGION: {
    type: 'token',
    env: ['Z3_S3_REGION', 'S3_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
    flag: 'region',
    metavar: 'REGION',
    example: 'eu-central-1',
    unset: 'the AWS profile',
    description: 'Region of the bucket',
  },
  S3_ADDRESSING: {
    type: 'addressing',
    default: 'auto',
    flag: 'addressing',
    example: 'virtual',
    description: 'Place of the bucket in URLs',
  },
  S3_CA_FILE: {
    type: 'path',
    env: ['Z3_S3_CA_FILE', 'S3_CA_FILE', 'AWS_CA_BUNDLE', 'SSL_CERT_FILE'],
    flag: 'ca-file',
    example: '/etc/ssl/private-ca.pem',
    unset: 'those of Node.js',
    description: 'CA certificates to trust: PEM, absolute path',
  },
  S3_SSE_C_KEY_FILE: {
    type: 'path',
    flag: 'sse-c-key-file',
    example: '/etc/z3/sse-c.key',
    unset: 'none',
    description: 'Key with which the server encrypts objects (SSE-C): 32 bytes or base64',
  },
  CONNECT_TIMEOUT: {
    type: 'duration',
    default: 8_000,
    group: 'Time-outs and retries',
    example: '20s',
    description: 'Time limit of one attempt to connect',
  },
  ANSWER_TIMEOUT: {
    type: 'duration',
    default: 60_000,
    group: 'Time-outs and retries',
    example: '2m',
    description: 'Time limit of a request without progress',
  },
  COMPLETE_TIMEOUT: {
    type: 'duration',
    default: 600_000,
    group: 'Time-outs and retries',
    example: '30m',
    description: 'Time limit of the server to assemble an upload',
  },
  CONCURRENCY: {
    type: 'count',
    default: 8,
    perDataset: true,
    group: 'Speed and memory',
    description: 'Number of parts to transfer in parallel',
  },
  SENDERS: {
    type: 'threads',
    perDataset: true,
    group: 'Speed and memory',
    example: '2',
    unset: '1, or 0 on one CPU',
    description: 'Number of threads that send parts',
  },
  RATE: {
    type: 'rate',
    env: ['Z3_RATE'],
    group: 'Speed and memory',
    example: '08:00-18:00 2M, 20M',
    unset: 'none',
    description: 'Bandwidth limit in bytes per second, also by local time: 08:00-18:00 2M, 20M',
  },
  CHUNK_SIZE: {
    type: 'size',
    perDataset: true,
    flagAliases: ['s'],
    group: 'Speed and memory',
    example: '64M',
    unset: 'grows with the stream',
    description: 'Size of each part',
  },
  MAX_RETRIES: {
    type: 'count',
    perDataset: true,
    group: 'Time-outs and retries',
    example: '10',
    unset: 'limited only by RETRY_FOR',
    description: 'Attempts per request',
  },
  RETRY_FOR: {
    type: 'duration',
    default: 15 * 60_000,
    perDataset: true,
    group: 'Time-outs and retries',
    example: '1h',
    description: 'Time to retry while no request succeeds',
  },
  MAX_MEMORY: {
    type: 'size',
    default: 512 * MIB,
    perDataset: true,
    group: 'Speed and memory',
    description: 'Memory limit of the buffers of one transfer',
  },
  MAX_OBJECT: {
    type: 'size',
    perDataset: true,
    group: 'Upload',
    example: '5T',
    unset: "the server's limit",
    description: 'Size from which a stream continues in a further object',
  },
  COMPRESSOR: {
    type: 'compressor',
    default: 'pigz1',
    perDataset: true,
    group: 'Compression and encryption',
    example: 'pigz4',
    description: 'Compressor for new backups',
  },
  ENCRYPTOR: {
    type: 'encryptor',
    default: 'none',
    perDataset: true,
    env: ['Z3_ENCRYPTOR'],
    group: 'Compression and encryption',
    example: 'age',
    description: 'Encryption of new backups, after compression',
  },
  GPG_RECIPIENT: {
    type: 'text',
    default: 'z3_backup',
    perDataset: true,
    metavar: 'NAME',
    group: 'Compression and encryption',
    example: 'backup@example.com',
    description: 'GPG key to encrypt to',
  },
  AGE_RECIPIENTS: {
    type: 'recipients',
    perDataset: true,
    env: ['Z3_AGE_RECIPIENTS'],
    flagAliases: ['age-recipient'],
    group: 'Compression and encryption',
    example: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
    description: 'Recipients of age encryption, separated by spaces or commas',
  },
  AGE_RECIPIENTS_FILE: {
    type: 'path',
    perDataset: true,
    env: ['Z3_AGE_RECIPIENTS_FILE'],
    group: 'Compression and encryption',
    example: '/etc/z3/age-recipients',
    description: 'File of age recipients or SSH public keys, one per line; absolute path',
  },
  AGE_IDENTITY: {
    type: 'path',
    perDataset: true,
    env: ['Z3_AGE_IDENTITY'],
    group: 'Compression and encryption',
    example: '/root/.config/age/z3.key',
    description: 'Private age key that decrypts backups on restore; absolute path',
  },
  VERIFY_STREAM: {
    type: 'switch',
    default: 'yes',
    perDataset: true,
    group: 'Verification',
    example: 'no',
    description: 'Check every stream before it is stored',
  },
  MANIFEST: {
    type: 'switch',
    default: 'yes',
    perDataset: true,
    env: ['Z3_MANIFEST'],
    group: 'Verification',
    example: 'no',
    description: 'Store manifests with checksums, and compare with them',
  },
  RESUME_UPLOADS: {
    type: 'switch',
    default: 'yes',
    perDataset: true,
    group: 'Upload',
    example: 'no',
    description: 'Continue the upload of a run that was killed, and send only what is missing',
  },
  KEEP_COMMON: {
    type: 'keep',
    default: 'bookmark',
    perDataset: true,
    group: 'Upload',
    example: 'hold',
    description: 'Protection of uploaded snapshots as the base of increments',
  },
  S3_STORAGE_CLASS: {
    type: 'token',
    perDataset: true,
    flag: 'storage-class',
    metavar: 'CLASS',
    example: 'STANDARD_IA',
    unset: 'STANDARD_IA on AWS, else none',
    empty: 'none',
    description: 'Storage class of new objects',
  },
  S3_INCREMENT_CLASS: {
    type: 'token',
    perDataset: true,
    flag: 'increment-class',
    metavar: 'CLASS',
    example: 'STANDARD',
    unset: 'as S3_STORAGE_CLASS',
    empty: 'none',
    description: 'Storage class of new increments',
  },
  S3_TAGS: {
    type: 'tags',
    perDataset: true,
    flag: 'tags',
    example: 'project=backup,host=nas1',
    unset: 'none',
    description: 'Tags of new objects, separated by commas',
  },
  S3_LOCK: {
    type: 'lock',
    default: 'none',
    perDataset: true,
    flag: 'lock',
    group: 'Object Lock',
    example: 'governance:30d',
    description: 'Object Lock retention of new objects, from the start of the upload',
  },
  S3_LEGAL_HOLD: {
    type: 'switch',
    default: 'no',
    perDataset: true,
    flag: 'legal-hold',
    group: 'Object Lock',
    example: 'yes',
    description: 'Object Lock legal hold of new objects',
  },
  S3_SSE: {
    type: 'sse',
    default: 'none',
    perDataset: true,
    flag: 'sse',
    group: 'Compression and encryption',
    example: 'aws:kms',
    description: 'Encryption of new objects by the server',
  },
  S3_SSE_KMS_KEY: {
    type: 'kmsKey',
    perDataset: true,
    flag: 'sse-kms-key',
    group: 'Compression and encryption',
    example: 'alias/backup',
    unset: "the bucket's",
    empty: "the bucket's",
    description: 'KMS key of S3_SSE=aws:kms: ID, ARN or alias',
  },
  S3_SSE_BUCKET_KEY: {
    type: 'switch',
    perDataset: true,
    flag: 'sse-bucket-key',
    group: 'Compression and encryption',
    example: 'yes',
    unset: 'as the bucket says',
    description: 'S3 Bucket Key of S3_SSE=aws:kms, which saves requests to KMS',
  },
  S3_ACL: {
    type: 'token',
    perDataset: true,
    flag: 'acl',
    metavar: 'ACL',
    example: 'bucket-owner-full-control',
    unset: 'bucket-owner-full-control on AWS, else none',
    empty: 'none',
    description: 'Canned ACL of new objects',
  },
  RETENTION: {
    type: 'schedule',
    perDataset: true,
    env: ['Z3_RETENTION'],
    group: 'Retention',
    example: '10,1d1w,1w1m,1m1y',
    unset: 'none',
    description:
      'Schedule of the backups to keep: z3 prune deletes others, z3 backup chooses parents by it',
  },
  FULL_EVERY: {
    type: 'age',
    default: '1y',
    perDataset: true,
    env: ['Z3_FULL_EVERY'],
    group: 'Retention',
    example: '6m',
    description: 'With RETENTION: time after which a new full backup is due',
  },
  SNAPSHOT_PREFIX: {
    type: 'snapshot',
    default: 'zfs-auto-snap:daily',
    perDataset: true,
    group: 'Selection',
    example: 'zfs-auto-snap:weekly',
    empty: 'all',
    description: 'Consider only snapshots whose name after @ starts with PREFIX',
  },
  S3_PREFIX: {
    type: 'prefix',
    default: 'z3-backup/',
    perDataset: true,
    empty: 'none',
    description: 'Prefix of all object keys; %h is the name of the host',
  },
  PARALLEL: {
    type: 'count',
    default: 1,
    env: ['Z3_PARALLEL'],
    group: 'Speed and memory',
    example: '4',
    description: 'Number of datasets to back up or restore in parallel, within MAX_MEMORY',
  },
  LOG_FORMAT: {
    type: 'logFormat',
    default: 'text',
    env: ['Z3_LOG_FORMAT'],
    group: 'General',
    example: 'json',
    description: 'Format of messages on standard error',
  },
  PV: {
    type: 'switch',
    default: 'no',
    env: ['Z3_PV'],
    flag: undefined,
    group: 'General',
    example: 'yes',
    description: 'Let pv(1) show progress on a terminal, if it is installed',
  },
  METRICS_FILE: {
    type: 'path',
    env: ['Z3_METRICS_FILE'],
    group: 'Monitoring',
    example: '/var/lib/prometheus/node-exporter/z3.prom',
    unset: 'none',
    description: 'File for metrics of each run, in the text format of Prometheus; absolute path',
  },
  PING_URL: {
    type: 'pingUrl',
    secret: true,
    env: ['Z3_PING_URL'],
    group: 'Monitoring',
    example: 'https://hc-ping.com/the-uuid-of-the-check',
    description: 'URL to request when a run starts (URL/start), succeeds (URL) or fails (URL/fail)',
  },
  NOTIFY_COMMAND: {
    type: 'command',
    env: ['Z3_NOTIFY_COMMAND'],
    group: 'Monitoring',
    example: "mail -s 'z3 has failed' root",
    unset: 'none',
    description: 'Command to run after a run that failed, with the end of the log as its input',
  },
  FILESYSTEM: {
    type: 'dataset',
    flagAliases: ['dataset'],
    group: 'Selection',
    example: 'tank/data',
    description: 'Dataset, unless the command line names one',
  },
} as const satisfies Record<string, Row>

type Table = typeof TABLE

/** The name of an option, as in the configuration file of presslabs' z3. */
export type Key = keyof Table

/** The options that a flag can set: all but secrets, since every user can read command lines. */
export type FlagKey = {
  [K in Key]: Table[K] extends { secret: true } | { flag: undefined } ? never : K
}[Key]

type Kebab<S extends string> = S extends `${infer Head}_${infer Rest}`
  ? `${Lowercase<Head>}-${Kebab<Rest>}`
  : Lowercase<S>

/** The flag of an option, as a type. */
export type FlagOf<K extends FlagKey> = Table[K] extends { flag: infer F extends string }
  ? F
  : Kebab<K>

/** The options that choose and connect to a store: flags of every program that uses one. */
export const STORE_KEYS = [
  'BUCKET',
  'S3_ENDPOINT',
  'S3_REGION',
  'S3_ADDRESSING',
  'S3_CA_FILE',
  'S3_SSE_C_KEY_FILE',
  'CONNECT_TIMEOUT',
  'ANSWER_TIMEOUT',
] as const satisfies readonly FlagKey[]

/** The limits of a transfer: flags of every program that moves data. */
export const TRANSFER_KEYS = [
  'CONCURRENCY',
  'MAX_RETRIES',
  'RETRY_FOR',
  'MAX_MEMORY',
  'RATE',
] as const satisfies readonly FlagKey[]

/** How runs are reported: flags of every program that runs unattended. */
export const MONITOR_KEYS = ['METRICS_FILE', 'NOTIFY_COMMAND'] as const satisfies readonly FlagKey[]

/** How new objects are stored: flags of every program that uploads. */
export const UPLOAD_KEYS = [
  'COMPLETE_TIMEOUT',
  'SENDERS',
  'S3_STORAGE_CLASS',
  'S3_ACL',
  'MAX_OBJECT',
  'S3_TAGS',
  'S3_LOCK',
  'S3_LEGAL_HOLD',
  'S3_SSE',
  'S3_SSE_KMS_KEY',
  'S3_SSE_BUCKET_KEY',
] as const satisfies readonly FlagKey[]

/** An option by its key. */
export function optionOf(key: Key): Option {
  const row: Row = TABLE[key]
  const { type, unset, secret = false, empty } = row
  const { metavar, choices } = VALUE_TYPES[type]
  const fallback = row.default === undefined ? unset : formatValue(row, row.default)
  const facts = [
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
    ...(empty === undefined ? [] : [`"" for ${empty}`]),
  ]
  const values = choices && `: ${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`
  return {
    key,
    default: undefined,
    secret,
    perDataset: false,
    keys: [key],
    env: [`Z3_${key}`, key],
    flag: secret ? undefined : key.toLowerCase().replaceAll('_', '-'),
    flagAliases: [],
    group: 'Store',
    metavar,
    example: fallback ?? '',
    ...row,
    description: `${row.description}${values ?? ''}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}.`,
  }
}

/** The table as a list, in the order of help, manual and sample. */
export const OPTIONS: readonly Option[] = (Object.keys(TABLE) as Key[]).map(optionOf)

/** The effective value of every option. Sizes are bytes, durations milliseconds. */
export type Settings = {
  readonly [K in Key]:
    ValueOf<Table[K]['type']> | (Table[K] extends { default: string | number } ? never : undefined)
}
