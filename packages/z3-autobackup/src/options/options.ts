import { readTagFlags, sizeFlag, usageError, type Arguments } from '@z3/cli'
import {
  parseAge,
  parseSchedule,
  parseSendFlags,
  Z3Error,
  DEFAULT_SCHEDULE,
  type Command,
  type KeepCommon,
  type Policy,
  type Schedule,
  type SendFlag,
} from '@z3/core'
import type { LineOptions } from '@z3/replicate'
import {
  backupNames,
  parseSshAddress,
  splitCommand,
  type BackupNames,
  type Place,
  type SshAddress,
} from '@z3/zfs'
import { spec, type Options } from './command-line.js'
import { readLineOptions } from './line.js'
import { isBucket, readBucket, refuseWithoutEffect, type BucketTarget } from './buckets.js'
import { readProperties, type PropertyOptions } from './properties.js'
import { readTargets } from './targets.js'

/** The checked options of a run. */
export interface AutobackupOptions {
  /** Name of the backup. */
  readonly name: string
  readonly names: BackupNames
  /** Undefined: this host. */
  readonly source: SshAddress | undefined
  /** Targets that are datasets. */
  readonly targets: readonly Place[]
  /** Targets that are buckets. */
  readonly buckets: readonly BucketTarget[]
  /** `--config` of z3, for buckets. */
  readonly configFile: string | undefined
  readonly sshConfig: string | undefined
  readonly select: {
    /** Whether a received property selects; undefined: the default. */
    readonly received: boolean | undefined
    /** Bytes; undefined: no limit. */
    readonly unchanged: number | undefined
  }
  readonly snapshot: {
    readonly take: boolean
    /** Bytes. */
    readonly minChange: number
    /** `PROPERTY=VALUE` */
    readonly properties: readonly string[]
    readonly before: readonly Command[]
    readonly after: readonly Command[]
  }
  readonly send: boolean
  readonly policy: Policy
  /** How to protect the parent of increments in buckets; undefined: KEEP_COMMON of z3. */
  readonly keepForBuckets: KeepCommon | undefined
  readonly exclude: readonly RegExp[]
  /** Number of path components. */
  readonly strip: number
  readonly properties: PropertyOptions
  readonly rollback: boolean
  readonly force: boolean
  readonly ignoreTransferErrors: boolean
  readonly trustNames: boolean
  readonly raw: boolean
  readonly encrypt: boolean
  readonly decrypt: boolean
  readonly compressed: boolean
  /** Of -L, -e and -c; undefined: those that both pools support. */
  readonly sendFlags: readonly SendFlag[] | undefined
  readonly line: LineOptions
  /** Undefined: no thinning. */
  readonly keepSource: Schedule | undefined
  readonly keepTarget: Schedule | undefined
  /** Else RETENTION of z3, where it is set, is the schedule of a bucket. */
  readonly isKeepTargetGiven: boolean
  /** Keep objects in buckets until the minimum duration of their storage class is over. */
  readonly respectMinimum: boolean
  /** Thin buckets without a lease. */
  readonly unlocked: boolean
  /** Seconds after the last snapshot; undefined: never. */
  readonly destroyMissing: number | undefined
  readonly test: boolean
  /** Compare instead of a backup; `data`: contents, too. */
  readonly verify: 'guids' | 'data' | undefined
}

type Args = Arguments<Options>

/**
 * Parse the command line.
 *
 * @throws Z3Error `usage`, `invalid-name`, before anything is done
 */
export function readOptions(args: Args): AutobackupOptions {
  const [name = '', ...words] = args.operands
  const more = several(args.target)
  const isPool = (text: string): boolean => !isBucket(text)
  const minChange = args['allow-empty'] ? 0 : sizeFlag('--min-change', args['min-change'])
  const thinning = args['no-thinning'] !== true
  const buckets = [...words, ...more].filter(isBucket).map(readBucket)
  const paths = words.filter(isPool)
  const others = more.filter(isPool)
  refuseWithoutEffect(args, buckets, paths.length + others.length)
  refuseTwice(buckets)
  return {
    name,
    names: backupNames(name, {
      property: args['property-format'],
      snapshot: args['snapshot-format'],
      hold: args['hold-format'],
      utc: args.utc === true,
      ...readTagFlags(args),
    }),
    source: hostOf(args['ssh-source']),
    targets: readTargets(hostOf(args['ssh-target']), paths, others),
    buckets,
    configFile: args.config,
    sshConfig: args['ssh-config'],
    select: {
      received: args['include-received'] ? true : args['exclude-received'] ? false : undefined,
      unchanged: readUnchanged(args, minChange),
    },
    snapshot: {
      take: args['no-snapshot'] !== true,
      minChange,
      properties: listOf(args['set-snapshot-properties']).map(assignment),
      before: several(args['pre-snapshot-cmd']).map(splitCommand),
      after: several(args['post-snapshot-cmd']).map(splitCommand),
    },
    send: args['no-send'] !== true,
    policy: readPolicy(args),
    keepForBuckets: args['no-holds'] ? 'none' : args['no-bookmarks'] ? 'hold' : args['keep-common'],
    exclude: several(args['exclude-snapshot-pattern']).map(patternOf),
    strip: countOf('--strip-path', args['strip-path']),
    properties: readProperties({
      filter: [
        ...listOf(args['filter-properties']),
        ...(args['clear-refreservation'] ? ['refreservation'] : []),
      ],
      set: [
        ...listOf(args['set-properties']),
        ...(args['clear-mountpoint'] ? ['canmount=noauto'] : []),
      ],
    }),
    rollback: args.rollback === true,
    force: args.force === true,
    ignoreTransferErrors: args['ignore-transfer-errors'] === true,
    trustNames: args['no-guid-check'] === true,
    raw: args.raw === true,
    encrypt: args.encrypt === true,
    decrypt: args.decrypt === true,
    compressed: args['zfs-compressed'] === true,
    sendFlags: readSendFlags(args['send-flags']),
    line: readLineOptions({
      compress: args.compress,
      rate: args.rate,
      buffer: args.buffer,
      chunk: args['buffer-chunk-size'],
      send: several(args['send-pipe']),
      receive: several(args['recv-pipe']),
    }),
    keepSource: thinning ? parseSchedule(args['keep-source'], '--keep-source') : undefined,
    keepTarget: thinning
      ? parseSchedule(args['keep-target'] ?? DEFAULT_SCHEDULE, '--keep-target')
      : undefined,
    isKeepTargetGiven: args['keep-target'] !== undefined,
    respectMinimum: args['respect-minimum'] === true,
    unlocked: args.unlocked === true,
    destroyMissing:
      args['destroy-missing'] === undefined
        ? undefined
        : parseAge(args['destroy-missing'], '--destroy-missing'),
    test: args.test === true,
    verify: readVerify(args, buckets, paths.length + others.length),
  }
}

/** @throws Z3Error `usage` */
function readVerify(
  args: Args,
  [bucket]: readonly BucketTarget[],
  pools: number,
): AutobackupOptions['verify'] {
  if (args.verify !== true) {
    if (args.data !== true) return undefined
    throw usage('--data requires --verify', undefined)
  }
  if (bucket) {
    throw usage(
      `--verify does not apply to a bucket (${bucket.url})`,
      "Use 'z3 verify' for backups in a bucket.",
    )
  }
  if (pools === 0) throw usage('--verify without a target', 'Add the dataset with the copies.')
  return args.data === true ? 'data' : 'guids'
}

function refuseTwice(buckets: readonly BucketTarget[]): void {
  const places = buckets.map(({ bucket, prefix = '' }) => `${bucket}/${prefix.replace(/\/+$/, '')}`)
  const twice = buckets.find((_, index) => places.indexOf(places[index] ?? '') !== index)
  if (twice)
    throw usage(`target '${twice.url}' is specified twice`, 'Specify each target only once.')
}

/** The replication policy. */
function readPolicy(args: Args): Policy {
  return {
    first: 'oldest',
    versions: args['other-snapshots'] ? 'all' : 'managed',
    onLoss: args['destroy-incompatible'] ? 'destroy' : 'refuse',
    stream: 'each',
    keep: args['no-holds'] ? 'none' : (args['keep-common'] ?? 'hold'),
  }
}

function readUnchanged(args: Args, minChange: number): number | undefined {
  if (args['ignore-replicated']) return minChange
  const given = args['exclude-unchanged']
  if (given === undefined) return undefined
  // 3.1 had it without a value
  return given === '' ? minChange : sizeFlag('--exclude-unchanged', given)
}

function hostOf(text: string | undefined): SshAddress | undefined {
  return text === undefined ? undefined : parseSshAddress(text)
}

function several(given: string | readonly string[] | undefined): readonly string[] {
  return [given ?? []].flat()
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

function assignment(text: string): string {
  if (/^[^\s=]+=/.test(text)) return text
  throw usage(
    `--set-snapshot-properties: '${text}' is not PROPERTY=VALUE`,
    'Use com.example:tag=nightly; separate several with commas.',
  )
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (cause) {
    throw usage(
      `--exclude-snapshot-pattern: '${text}' is not a valid regular expression: ${cause instanceof Error ? cause.message : ''}`,
      'The pattern is searched for in DATASET@SNAPSHOT, as a JavaScript regular expression.',
    )
  }
}

function countOf(option: string, text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw usage(`${option}: '${text}' is not a number of path components`, 'Use 0, 1, 2 and so on.')
}

function usage(message: string, hint: string | undefined): Z3Error {
  const { code, hint: usual } = usageError(spec, message)
  return new Z3Error(code, message, { hint: hint ?? usual })
}

/**
 * Parse `--send-flags`.
 *
 * @throws Z3Error `usage`
 */
export function readSendFlags(text: string | undefined): readonly SendFlag[] | undefined {
  if (text === undefined) return undefined
  if (text === 'none') return []
  if (/^[Lec]+$/.test(text) && new Set(text).size === text.length) {
    return parseSendFlags(text)
  }
  throw new Z3Error(
    'usage',
    `--send-flags: '${text}' must consist of L, e and c, each at most once`,
    {
      hint: "Use for example --send-flags Le, or none; '--raw' and '--decrypt' control -w.",
    },
  )
}
