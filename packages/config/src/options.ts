import { COMPRESSORS, MIB, type Encryptor, type KeepCommon } from '@z3/core'

/**
 * What a value's text may be, and what it becomes (values.ts), with the name that help gives it:
 * `schedule` and `age` a schedule of zfs-autobackup and a length of time in its units, as written;
 * `count` an integer from 1; `duration` milliseconds, written 90s, 15m, 2h; `addressing` the place
 * of the bucket in a URL; `keep` one of KEEPS; `size` bytes, written 512K, 64M, 2G; `token` a word of letters, digits
 * and `.-_`; `snapshot` (the start of) a snapshot's name; `switch` yes or no; `text` anything on one line. `prefix`
 * ends in exactly one slash, and `%h` in it is the name of this host; `path` is absolute; `recipients` is a list of age recipients.
 */
const METAVARS = {
  addressing: 'STYLE',
  age: 'AGE',
  bucket: 'BUCKET',
  compressor: 'NAME',
  count: 'N',
  dataset: 'DATASET',
  duration: 'TIME',
  encryptor: 'NAME',
  endpoint: 'URL',
  keep: 'HOW',
  path: 'FILE',
  prefix: 'PREFIX',
  recipients: 'RECIPIENTS',
  schedule: 'SCHEDULE',
  size: 'SIZE',
  snapshot: 'PREFIX',
  switch: 'yes|no',
  text: 'TEXT',
  token: 'WORD',
} as const
export type OptionType = keyof typeof METAVARS

/** Place of the bucket in a URL; `auto`: as the server wants it. */
export const ADDRESSINGS = ['auto', 'path', 'virtual'] as const
export type Addressing = (typeof ADDRESSINGS)[number]

/** What keeps the base of the next increment at the source. */
export const KEEPS = ['bookmark', 'hold', 'none'] as const satisfies readonly KeepCommon[]

/** On or off. */
export const SWITCHES = ['yes', 'no'] as const
type Switch = (typeof SWITCHES)[number]

/** The compressors of COMPRESSOR that no file has to define. */
export const BUILT_IN = ['none', ...COMPRESSORS.keys(), 'gpg'] as const

/** What a row of the table says of an option, and what it may leave out. */
interface Row extends Partial<Omit<Option, 'key' | 'type' | 'example' | 'description'>> {
  readonly type: OptionType
  readonly example: string
  readonly description: string
}

/** An option: one row of the table, complete. */
export interface Option {
  readonly key: Key
  readonly type: OptionType
  /** The value where no layer sets one. `undefined`: the option is unset. */
  readonly default: string | number | undefined
  /** Never shown: not in messages, not in `z3 config`, not on a command line. */
  readonly secret: boolean
  /** Allowed in a section `[fs:DATASET]`. */
  readonly perDataset: boolean
  /** An empty value has a meaning; for all others it is an error. */
  readonly mayBeEmpty: boolean
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
 * settings all follow from it. What a row leaves out is in `optionOf`.
 */
const TABLE = {
  BUCKET: {
    type: 'bucket',
    flag: 'bucket',
    example: 'my-backups',
    description: 'Bucket: a name, s3://name, or file:///path for a directory.',
  },
  S3_KEY_ID: {
    type: 'text',
    secret: true,
    metavar: 'ID',
    example: 'the-access-key-id',
    description: 'Access key ID (default: AWS profiles and roles).',
  },
  S3_SECRET: {
    type: 'text',
    secret: true,
    metavar: 'SECRET',
    example: 'the-secret-access-key',
    description: 'Secret access key of S3_KEY_ID.',
  },
  S3_SESSION_TOKEN: {
    type: 'text',
    secret: true,
    metavar: 'TOKEN',
    example: 'the-session-token',
    description: 'Session token of temporary credentials.',
  },
  S3_ENDPOINT: {
    type: 'endpoint',
    keys: ['S3_ENDPOINT', 'HOST'],
    env: ['Z3_S3_ENDPOINT', 'Z3_HOST', 'S3_ENDPOINT', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    flag: 'endpoint',
    example: 'https://s3.example.com',
    description: 'URL or host name of the S3 server (default: the AWS profile, else AWS).',
  },
  S3_REGION: {
    type: 'token',
    env: ['Z3_S3_REGION', 'S3_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
    flag: 'region',
    metavar: 'REGION',
    example: 'eu-central-1',
    description: 'Region of the bucket (default: the AWS profile).',
  },
  S3_ADDRESSING: {
    type: 'addressing',
    default: 'auto',
    flag: 'addressing',
    example: 'virtual',
    description: 'Place of the bucket in URLs: path, virtual or auto (default: auto).',
  },
  S3_CA_FILE: {
    type: 'path',
    env: ['Z3_S3_CA_FILE', 'S3_CA_FILE', 'AWS_CA_BUNDLE', 'SSL_CERT_FILE'],
    flag: 'ca-file',
    example: '/etc/ssl/private-ca.pem',
    description: 'CA certificates to trust: PEM, absolute path (default: those of Node.js).',
  },
  CONNECT_TIMEOUT: {
    type: 'duration',
    default: 8_000,
    flag: 'connect-timeout',
    group: 'Time-outs and retries',
    example: '20s',
    description: 'Time limit of one attempt to connect (default: 8s).',
  },
  ANSWER_TIMEOUT: {
    type: 'duration',
    default: 60_000,
    flag: 'answer-timeout',
    group: 'Time-outs and retries',
    example: '2m',
    description: 'Time limit of a request without progress (default: 1m).',
  },
  COMPLETE_TIMEOUT: {
    type: 'duration',
    default: 600_000,
    flag: 'complete-timeout',
    group: 'Time-outs and retries',
    example: '30m',
    description: 'Time limit of the server to assemble an upload (default: 10m).',
  },
  CONCURRENCY: {
    type: 'count',
    default: 8,
    perDataset: true,
    flag: 'concurrency',
    group: 'Speed and memory',
    example: '8',
    description: 'Number of parts to transfer in parallel (default: 8).',
  },
  CHUNK_SIZE: {
    type: 'size',
    perDataset: true,
    flag: 'chunk-size',
    flagAliases: ['s'],
    group: 'Speed and memory',
    example: '64M',
    description: 'Size of each part (default: grows with the stream).',
  },
  MAX_RETRIES: {
    type: 'count',
    perDataset: true,
    flag: 'max-retries',
    group: 'Time-outs and retries',
    example: '10',
    description: 'Attempts per request (default: limited only by RETRY_FOR).',
  },
  RETRY_FOR: {
    type: 'duration',
    default: 15 * 60_000,
    perDataset: true,
    flag: 'retry-for',
    group: 'Time-outs and retries',
    example: '1h',
    description: 'Time to retry while no request succeeds (default: 15m).',
  },
  MAX_MEMORY: {
    type: 'size',
    default: 512 * MIB,
    perDataset: true,
    flag: 'max-memory',
    group: 'Speed and memory',
    example: '512M',
    description: 'Memory limit of the buffers of one transfer (default: 512M).',
  },
  COMPRESSOR: {
    type: 'compressor',
    default: 'pigz1',
    perDataset: true,
    flag: 'compressor',
    group: 'Compression and encryption',
    example: 'pigz4',
    description: `Compressor for new backups: ${BUILT_IN.join(', ')}, or a [compressor:NAME] section (default: pigz1).`,
  },
  ENCRYPTOR: {
    type: 'encryptor',
    default: 'none',
    perDataset: true,
    env: ['Z3_ENCRYPTOR'],
    flag: 'encryptor',
    group: 'Compression and encryption',
    example: 'age',
    description: 'Encryption of new backups, after compression: none, gpg or age (default: none).',
  },
  GPG_RECIPIENT: {
    type: 'text',
    default: 'z3_backup',
    perDataset: true,
    flag: 'gpg-recipient',
    metavar: 'NAME',
    group: 'Compression and encryption',
    example: 'backup@example.com',
    description: 'GPG key to encrypt to (default: z3_backup).',
  },
  AGE_RECIPIENTS: {
    type: 'recipients',
    perDataset: true,
    env: ['Z3_AGE_RECIPIENTS'],
    flag: 'age-recipients',
    flagAliases: ['age-recipient'],
    group: 'Compression and encryption',
    example: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
    description: 'Recipients of age encryption, separated by spaces or commas.',
  },
  AGE_RECIPIENTS_FILE: {
    type: 'path',
    perDataset: true,
    env: ['Z3_AGE_RECIPIENTS_FILE'],
    flag: 'age-recipients-file',
    group: 'Compression and encryption',
    example: '/etc/z3/age-recipients',
    description: 'File of age recipients or SSH public keys, one per line; absolute path.',
  },
  AGE_IDENTITY: {
    type: 'path',
    perDataset: true,
    env: ['Z3_AGE_IDENTITY'],
    flag: 'age-identity',
    group: 'Compression and encryption',
    example: '/root/.config/age/z3.key',
    description: 'Private age key that decrypts backups on restore; absolute path.',
  },
  VERIFY_STREAM: {
    type: 'switch',
    default: 'yes',
    perDataset: true,
    flag: 'verify-stream',
    group: 'Verification',
    example: 'no',
    description: 'Check every stream before it is stored: yes or no (default: yes).',
  },
  MANIFEST: {
    type: 'switch',
    default: 'yes',
    perDataset: true,
    env: ['Z3_MANIFEST'],
    flag: 'manifest',
    group: 'Verification',
    example: 'no',
    description: 'Store manifests with checksums, and compare with them: yes or no (default: yes).',
  },
  KEEP_COMMON: {
    type: 'keep',
    default: 'bookmark',
    perDataset: true,
    flag: 'keep-common',
    group: 'Upload',
    example: 'hold',
    description:
      'Protection of uploaded snapshots as the base of increments: bookmark, hold, none (default: bookmark).',
  },
  S3_STORAGE_CLASS: {
    type: 'token',
    perDataset: true,
    mayBeEmpty: true,
    flag: 'storage-class',
    metavar: 'CLASS',
    example: 'STANDARD_IA',
    description:
      'Storage class of new objects (default: STANDARD_IA on AWS, else none; "" for none).',
  },
  S3_ACL: {
    type: 'token',
    perDataset: true,
    mayBeEmpty: true,
    flag: 'acl',
    metavar: 'ACL',
    example: 'bucket-owner-full-control',
    description:
      'Canned ACL of new objects (default: bucket-owner-full-control on AWS, else none; "" for none).',
  },
  RETENTION: {
    type: 'schedule',
    perDataset: true,
    env: ['Z3_RETENTION'],
    flag: 'retention',
    group: 'Retention',
    example: '10,1d1w,1w1m,1m1y',
    description:
      'Schedule of the backups to keep: z3 prune deletes others, z3 backup chooses parents by it (default: none).',
  },
  FULL_EVERY: {
    type: 'age',
    default: '1y',
    perDataset: true,
    env: ['Z3_FULL_EVERY'],
    flag: 'full-every',
    group: 'Retention',
    example: '6m',
    description: 'With RETENTION: time after which a new full backup is due (default: 1y).',
  },
  SNAPSHOT_PREFIX: {
    type: 'snapshot',
    default: 'zfs-auto-snap:daily',
    perDataset: true,
    mayBeEmpty: true,
    flag: 'snapshot-prefix',
    group: 'Selection',
    example: 'zfs-auto-snap:weekly',
    description:
      'Consider only snapshots whose name after @ starts with PREFIX (default: zfs-auto-snap:daily; "" for all).',
  },
  S3_PREFIX: {
    type: 'prefix',
    default: 'z3-backup/',
    perDataset: true,
    mayBeEmpty: true,
    flag: 's3-prefix',
    example: 'z3-backup/',
    description: 'Prefix of all object keys; %h is the name of the host (default: z3-backup/).',
  },
  PARALLEL: {
    type: 'count',
    default: 1,
    env: ['Z3_PARALLEL'],
    flag: 'parallel',
    group: 'Speed and memory',
    example: '4',
    description: 'Number of datasets to back up in parallel, within MAX_MEMORY (default: 1).',
  },
  FILESYSTEM: {
    type: 'dataset',
    flag: 'filesystem',
    flagAliases: ['dataset'],
    group: 'Selection',
    example: 'tank/data',
    description: 'Dataset, unless the command line names one.',
  },
} as const satisfies Record<string, Row>

type Table = typeof TABLE

/** The name of an option, as in z3's configuration file. */
export type Key = keyof Table

/** The options that a flag can set. */
export type FlagKey = { [K in Key]: Table[K] extends { flag: string } ? K : never }[Key]

/** The flag of an option, as a type. */
export type FlagOf<K extends FlagKey> = Table[K]['flag']

/** What says which store is meant, and how it is reached: flags of every program that uses one. */
export const STORE_KEYS = [
  'BUCKET',
  'S3_ENDPOINT',
  'S3_REGION',
  'S3_ADDRESSING',
  'S3_CA_FILE',
  'CONNECT_TIMEOUT',
  'ANSWER_TIMEOUT',
] as const satisfies readonly FlagKey[]

/** What bounds a transfer: flags of every program that moves data. */
export const TRANSFER_KEYS = [
  'CONCURRENCY',
  'MAX_RETRIES',
  'RETRY_FOR',
  'MAX_MEMORY',
] as const satisfies readonly FlagKey[]

/** An option by its key. */
export function optionOf(key: Key): Option {
  const row: Row = TABLE[key]
  return {
    key,
    default: undefined,
    secret: false,
    perDataset: false,
    mayBeEmpty: false,
    keys: [key],
    env: [`Z3_${key}`, key],
    flag: undefined,
    flagAliases: [],
    group: 'Store',
    metavar: METAVARS[row.type],
    ...row,
  }
}

/** The table as a list, in the order of help, manual and sample. */
export const OPTIONS: readonly Option[] = (Object.keys(TABLE) as Key[]).map(optionOf)

type ValueOf<T extends OptionType> = T extends 'count' | 'duration' | 'size'
  ? number
  : T extends 'addressing'
    ? Addressing
    : T extends 'keep'
      ? KeepCommon
      : T extends 'switch'
        ? Switch
        : T extends 'encryptor'
          ? Encryptor | 'none'
          : T extends 'recipients'
            ? readonly string[]
            : string

/** Every option's effective value. Sizes are bytes, durations milliseconds. */
export type Settings = {
  readonly [K in Key]:
    ValueOf<Table[K]['type']> | (Table[K] extends { default: string | number } ? never : undefined)
}
