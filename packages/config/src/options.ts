import { MIB, type Encryptor } from '@z3/core'
import { BUILT_IN } from './compressor-problem.js'

/**
 * What a value's text may be, and what it becomes (parse-value.ts):
 * `count` an integer from 1; `duration` milliseconds, written 90s, 15m, 2h;
 * `addressing` how the bucket stands in a URL; `size` bytes, written 512K, 64M, 2G; `token`
 * a word of letters, digits and `.-_`; `snapshot` (the start of) a snapshot's
 * name; `text` anything on one line. `prefix` ends in exactly one slash; `path`
 * is absolute; `recipients` is a list of age recipients.
 */
export type OptionType =
  | 'addressing'
  | 'bucket'
  | 'compressor'
  | 'count'
  | 'dataset'
  | 'duration'
  | 'encryptor'
  | 'endpoint'
  | 'path'
  | 'prefix'
  | 'recipients'
  | 'size'
  | 'snapshot'
  | 'text'
  | 'token'

/** Where the bucket stands in a URL; `auto`: as the server wants it. */
export const ADDRESSINGS = ['auto', 'path', 'virtual'] as const
export type Addressing = (typeof ADDRESSINGS)[number]

interface OptionSpec {
  readonly type: OptionType
  /** The value where no layer sets one. `undefined`: the option is unset. */
  readonly default: string | number | undefined
  /** Never shown: not in messages, not in `z3 config`, not on a command line. */
  readonly secret: boolean
  /** May stand in a section `[fs:DATASET]`. */
  readonly perDataset: boolean
  /** An empty value means something; for all others it is an error. */
  readonly mayBeEmpty: boolean
  /** The keys that set it in a file, any case. The first is the main one. */
  readonly keys: readonly string[]
  /** Environment variables that set it, strongest first. */
  readonly env: readonly string[]
  /** The long flag without its dashes. `undefined`: there is none. */
  readonly flag: string | undefined
  /** Other names of the flag, without dashes. */
  readonly flagAliases: readonly string[]
  /** What help and manual write for the value. */
  readonly metavar: string
  /** A value for the sample configuration. */
  readonly example: string
  /** One sentence for help, manual and sample. */
  readonly description: string
}

/**
 * The one table of options. Flags, environment, files, help, manual, sample
 * and the types of the settings all follow from it.
 */
export const TABLE = {
  BUCKET: {
    type: 'bucket',
    default: undefined,
    secret: false,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['BUCKET'],
    env: ['Z3_BUCKET', 'BUCKET'],
    flag: 'bucket',
    flagAliases: [],
    metavar: 'BUCKET',
    example: 'my-backups',
    description: 'Bucket: a name, s3://name, or file:///path for a directory.',
  },
  S3_KEY_ID: {
    type: 'text',
    default: undefined,
    secret: true,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['S3_KEY_ID'],
    env: ['Z3_S3_KEY_ID', 'S3_KEY_ID'],
    flag: undefined,
    flagAliases: [],
    metavar: 'ID',
    example: 'the-access-key-id',
    description: 'Access key ID (default: AWS profiles and roles).',
  },
  S3_SECRET: {
    type: 'text',
    default: undefined,
    secret: true,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['S3_SECRET'],
    env: ['Z3_S3_SECRET', 'S3_SECRET'],
    flag: undefined,
    flagAliases: [],
    metavar: 'SECRET',
    example: 'the-secret-access-key',
    description: 'Secret access key of S3_KEY_ID.',
  },
  S3_SESSION_TOKEN: {
    type: 'text',
    default: undefined,
    secret: true,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['S3_SESSION_TOKEN'],
    env: ['Z3_S3_SESSION_TOKEN', 'S3_SESSION_TOKEN'],
    flag: undefined,
    flagAliases: [],
    metavar: 'TOKEN',
    example: 'the-session-token',
    description: 'Session token of temporary credentials.',
  },
  S3_ENDPOINT: {
    type: 'endpoint',
    default: undefined,
    secret: false,
    perDataset: false,
    mayBeEmpty: false,
    // z3's name. In the environment HOST is the machine's own name in many
    // shells, so there it counts only as Z3_HOST.
    keys: ['S3_ENDPOINT', 'HOST'],
    env: ['Z3_S3_ENDPOINT', 'Z3_HOST', 'S3_ENDPOINT', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    flag: 'endpoint',
    flagAliases: [],
    metavar: 'URL',
    example: 'https://s3.example.com',
    description: 'URL or host name of the S3 server (default: the AWS profile, else AWS).',
  },
  S3_REGION: {
    type: 'token',
    default: undefined,
    secret: false,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['S3_REGION'],
    env: ['Z3_S3_REGION', 'S3_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
    flag: 'region',
    flagAliases: [],
    metavar: 'REGION',
    example: 'eu-central-1',
    description: 'Region of the bucket (default: the AWS profile).',
  },
  S3_ADDRESSING: {
    type: 'addressing',
    default: 'auto',
    secret: false,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['S3_ADDRESSING'],
    env: ['Z3_S3_ADDRESSING', 'S3_ADDRESSING'],
    flag: 'addressing',
    flagAliases: [],
    metavar: 'STYLE',
    example: 'virtual',
    description: 'Place of the bucket in URLs: path, virtual or auto (default: auto).',
  },
  S3_CA_FILE: {
    type: 'path',
    default: undefined,
    secret: false,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['S3_CA_FILE'],
    env: ['Z3_S3_CA_FILE', 'S3_CA_FILE', 'AWS_CA_BUNDLE', 'SSL_CERT_FILE'],
    flag: 'ca-file',
    flagAliases: [],
    metavar: 'FILE',
    example: '/etc/ssl/private-ca.pem',
    description: 'CA certificates to trust: PEM, absolute path (default: those of Node.js).',
  },
  CONNECT_TIMEOUT: {
    type: 'duration',
    default: 8_000,
    secret: false,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['CONNECT_TIMEOUT'],
    env: ['Z3_CONNECT_TIMEOUT', 'CONNECT_TIMEOUT'],
    flag: 'connect-timeout',
    flagAliases: [],
    metavar: 'TIME',
    example: '20s',
    description: 'Time limit of one attempt to connect (default: 8s).',
  },
  ANSWER_TIMEOUT: {
    type: 'duration',
    default: 60_000,
    secret: false,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['ANSWER_TIMEOUT'],
    env: ['Z3_ANSWER_TIMEOUT', 'ANSWER_TIMEOUT'],
    flag: 'answer-timeout',
    flagAliases: [],
    metavar: 'TIME',
    example: '2m',
    description: 'Time limit of a request without progress (default: 1m).',
  },
  COMPLETE_TIMEOUT: {
    type: 'duration',
    default: 600_000,
    secret: false,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['COMPLETE_TIMEOUT'],
    env: ['Z3_COMPLETE_TIMEOUT', 'COMPLETE_TIMEOUT'],
    flag: 'complete-timeout',
    flagAliases: [],
    metavar: 'TIME',
    example: '30m',
    description: 'Time limit of the server to assemble an upload (default: 10m).',
  },
  CONCURRENCY: {
    type: 'count',
    default: 8,
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['CONCURRENCY'],
    env: ['Z3_CONCURRENCY', 'CONCURRENCY'],
    flag: 'concurrency',
    flagAliases: [],
    metavar: 'N',
    example: '8',
    description: 'Number of parts to transfer in parallel (default: 8).',
  },
  CHUNK_SIZE: {
    type: 'size',
    default: undefined,
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['CHUNK_SIZE'],
    env: ['Z3_CHUNK_SIZE', 'CHUNK_SIZE'],
    flag: 'chunk-size',
    flagAliases: ['s'],
    metavar: 'SIZE',
    example: '64M',
    description: 'Size of each part (default: grows with the stream).',
  },
  MAX_RETRIES: {
    type: 'count',
    default: undefined,
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['MAX_RETRIES'],
    env: ['Z3_MAX_RETRIES', 'MAX_RETRIES'],
    flag: 'max-retries',
    flagAliases: [],
    metavar: 'N',
    example: '10',
    description: 'Attempts per request (default: limited only by RETRY_FOR).',
  },
  RETRY_FOR: {
    type: 'duration',
    default: 15 * 60_000,
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['RETRY_FOR'],
    env: ['Z3_RETRY_FOR', 'RETRY_FOR'],
    flag: 'retry-for',
    flagAliases: [],
    metavar: 'TIME',
    example: '1h',
    description: 'Time to retry while no request succeeds (default: 15m).',
  },
  MAX_MEMORY: {
    type: 'size',
    default: 512 * MIB,
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['MAX_MEMORY'],
    env: ['Z3_MAX_MEMORY', 'MAX_MEMORY'],
    flag: 'max-memory',
    flagAliases: [],
    metavar: 'SIZE',
    example: '512M',
    description: 'Memory limit of the buffers of one transfer (default: 512M).',
  },
  COMPRESSOR: {
    type: 'compressor',
    default: 'pigz1',
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['COMPRESSOR'],
    env: ['Z3_COMPRESSOR', 'COMPRESSOR'],
    flag: 'compressor',
    flagAliases: [],
    metavar: 'NAME',
    example: 'pigz4',
    description: `Compressor for new backups: ${BUILT_IN.join(', ')}, or a [compressor:NAME] section (default: pigz1).`,
  },
  ENCRYPTOR: {
    type: 'encryptor',
    default: 'none',
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['ENCRYPTOR'],
    env: ['Z3_ENCRYPTOR'],
    flag: 'encryptor',
    flagAliases: [],
    metavar: 'NAME',
    example: 'age',
    description: 'Encryption of new backups, after compression: none, gpg or age (default: none).',
  },
  GPG_RECIPIENT: {
    type: 'text',
    default: 'z3_backup',
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['GPG_RECIPIENT'],
    env: ['Z3_GPG_RECIPIENT', 'GPG_RECIPIENT'],
    flag: 'gpg-recipient',
    flagAliases: [],
    metavar: 'NAME',
    example: 'backup@example.com',
    description: 'GPG key to encrypt to (default: z3_backup).',
  },
  AGE_RECIPIENTS: {
    type: 'recipients',
    default: undefined,
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['AGE_RECIPIENTS'],
    env: ['Z3_AGE_RECIPIENTS'],
    flag: 'age-recipients',
    flagAliases: ['age-recipient'],
    metavar: 'RECIPIENTS',
    example: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
    description: 'Recipients of age encryption, separated by spaces or commas.',
  },
  AGE_RECIPIENTS_FILE: {
    type: 'path',
    default: undefined,
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['AGE_RECIPIENTS_FILE'],
    env: ['Z3_AGE_RECIPIENTS_FILE'],
    flag: 'age-recipients-file',
    flagAliases: [],
    metavar: 'FILE',
    example: '/etc/z3/age-recipients',
    description: 'File of age recipients or SSH public keys, one per line; absolute path.',
  },
  AGE_IDENTITY: {
    type: 'path',
    default: undefined,
    secret: false,
    perDataset: true,
    mayBeEmpty: false,
    keys: ['AGE_IDENTITY'],
    env: ['Z3_AGE_IDENTITY'],
    flag: 'age-identity',
    flagAliases: [],
    metavar: 'FILE',
    example: '/root/.config/age/z3.key',
    description: 'Private age key that decrypts backups on restore; absolute path.',
  },
  S3_STORAGE_CLASS: {
    type: 'token',
    default: undefined,
    secret: false,
    perDataset: true,
    mayBeEmpty: true,
    keys: ['S3_STORAGE_CLASS'],
    env: ['Z3_S3_STORAGE_CLASS', 'S3_STORAGE_CLASS'],
    flag: 'storage-class',
    flagAliases: [],
    metavar: 'CLASS',
    example: 'STANDARD_IA',
    description:
      'Storage class of new objects (default: STANDARD_IA on AWS, else none; "" for none).',
  },
  S3_ACL: {
    type: 'token',
    default: undefined,
    secret: false,
    perDataset: true,
    mayBeEmpty: true,
    keys: ['S3_ACL'],
    env: ['Z3_S3_ACL', 'S3_ACL'],
    flag: 'acl',
    flagAliases: [],
    metavar: 'ACL',
    example: 'bucket-owner-full-control',
    description:
      'Canned ACL of new objects (default: bucket-owner-full-control on AWS, else none; "" for none).',
  },
  SNAPSHOT_PREFIX: {
    type: 'snapshot',
    default: 'zfs-auto-snap:daily',
    secret: false,
    perDataset: true,
    mayBeEmpty: true,
    keys: ['SNAPSHOT_PREFIX'],
    env: ['Z3_SNAPSHOT_PREFIX', 'SNAPSHOT_PREFIX'],
    flag: 'snapshot-prefix',
    flagAliases: [],
    metavar: 'PREFIX',
    example: 'zfs-auto-snap:weekly',
    description:
      'Consider only snapshots whose name after @ starts with PREFIX (default: zfs-auto-snap:daily; "" for all).',
  },
  S3_PREFIX: {
    type: 'prefix',
    default: 'z3-backup/',
    secret: false,
    perDataset: true,
    mayBeEmpty: true,
    keys: ['S3_PREFIX'],
    env: ['Z3_S3_PREFIX', 'S3_PREFIX'],
    flag: 's3-prefix',
    flagAliases: [],
    metavar: 'PREFIX',
    example: 'z3-backup/',
    description: 'Prefix of all object keys (default: z3-backup/).',
  },
  FILESYSTEM: {
    type: 'dataset',
    default: undefined,
    secret: false,
    perDataset: false,
    mayBeEmpty: false,
    keys: ['FILESYSTEM'],
    env: ['Z3_FILESYSTEM', 'FILESYSTEM'],
    flag: 'filesystem',
    flagAliases: ['dataset'],
    metavar: 'DATASET',
    example: 'tank/data',
    description: 'Dataset, unless the command line names one.',
  },
} as const satisfies Record<string, OptionSpec>

type Table = typeof TABLE

/** The name of an option, as in z3's configuration file. */
export type Key = keyof Table

/** The options that a flag can set. */
export type FlagKey = {
  [K in Key]: Table[K]['flag'] extends undefined ? never : K
}[Key]

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

/** One row of the table. */
export interface Option extends OptionSpec {
  readonly key: Key
}

/** The table as a list, in the order of help, manual and sample. */
export const OPTIONS: readonly Option[] = (Object.keys(TABLE) as Key[]).map((key) => ({
  key,
  ...TABLE[key],
}))

type ValueOf<T extends OptionType> = T extends 'count' | 'duration' | 'size'
  ? number
  : T extends 'addressing'
    ? Addressing
    : T extends 'encryptor'
      ? Encryptor | 'none'
      : T extends 'recipients'
        ? readonly string[]
        : string

/** Every option's effective value. Sizes are bytes, durations milliseconds. */
export type Settings = {
  readonly [K in Key]:
    ValueOf<Table[K]['type']> | (Table[K]['default'] extends undefined ? undefined : never)
}
