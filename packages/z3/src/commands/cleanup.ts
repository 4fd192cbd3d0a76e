import {
  durationFlag,
  isLocked,
  orAborted,
  prepare,
  printable,
  untilAborted,
  version,
  type Arguments,
  type CommandSpec,
  type Io,
  jsonOption,
} from '@z3/cli'
import { EXIT, Z3Error } from '@z3/core'
import { openStore, type ObjectStore, type PendingUpload } from '@z3/s3'
import prettyMs from 'pretty-ms'
import { globals } from '../command-line.js'

const options = {
  ...globals,
  prefix: {
    type: 'string',
    requiresArg: true,
    value: 'PREFIX',
    group: 'Selection',
    describe: 'Abort uploads whose key starts with PREFIX (default: S3_PREFIX)',
  },
  all: {
    type: 'boolean',
    group: 'Selection',
    describe: 'Abort all uploads in the bucket, even those of other programs',
  },
  'older-than': {
    type: 'string',
    requiresArg: true,
    default: '24h',
    value: 'AGE',
    group: 'Selection',
    describe: 'Skip uploads that received data within AGE: 24h, 7d',
  },
  'dry-run': {
    type: 'boolean',
    alias: 'n',
    group: 'Output',
    describe: 'List the uploads and abort none',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print only errors',
  },
  ...jsonOption,
} as const

type Args = Arguments<typeof options>

/** z3 cleanup's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 cleanup',
  usage: '[options]',
  description: `Abort multipart uploads that interrupted runs left in the bucket. Such uploads are not listed as objects, but are billed.

Skips uploads that still receive parts, from any host, and uploads of datasets that a run on this host is using. Ages are by the clock of the server.`,
  options,
  common: ['bucket', 'dry-run', 'older-than', 'prefix', 'all'],
  operands: { least: 0, most: 0 },
  takesCommand: false,
  conflicts: [['all', 'prefix']],
  examples: [
    ['$0 --dry-run', 'list only'],
    ['$0 --older-than 2h', 'idle for 2 hours'],
    ['$0 --all --dry-run', 'of the whole bucket'],
  ],
  exitStatus: `0 aborted, or nothing to do; 1 failed; 2 usage or configuration; 128+n ended by signal n.`,
  version,
}

/** A pending upload, and what to do with it. */
interface Finding {
  readonly upload: PendingUpload
  /** Seconds since its last part, if the store reports it. */
  readonly age: number | undefined
  readonly verdict: 'stale' | 'active' | 'unknown' | 'locked'
}

/** Run `z3 cleanup`. */
export async function action(args: Args, io: Io): Promise<number> {
  const olderThan = durationFlag('--older-than', args['older-than'])
  const { config, store: settings, say } = await prepare('z3', args, io)
  const { bucket, ...storeOptions } = settings
  const store = await openStore(bucket, storeOptions)
  let unlisted: string | undefined
  try {
    const prefix = args.all ? '' : (args.prefix ?? config.settings.S3_PREFIX)
    const findings: Finding[] = []
    const { signal } = io
    const uploads = store.listUploads(prefix, signal)
    try {
      for await (const upload of untilAborted(signal, uploads)) {
        findings.push(await orAborted(signal, judge(store, upload, olderThan, signal)))
      }
    } catch (error) {
      if (!isUnsupported(error)) throw error
      unlisted = error.message
      io.stderr.write(
        `z3: cannot list pending uploads of ${store.title}, aborting none: ${printable(error.message)}\n`,
      )
    }
    for (const finding of findings) {
      signal.throwIfAborted()
      const drop = finding.verdict === 'stale'
      if (drop && !args['dry-run']) {
        await orAborted(signal, store.abortUpload(finding.upload, signal))
      }
      if (!args.json && !args.quiet) {
        io.stdout.write(`${line(finding, args['dry-run'] === true)}\n`)
      }
    }
    if (args.json) {
      io.stdout.write(`${JSON.stringify(report(findings, unlisted, args))}\n`)
    } else if (findings.length === 0 && unlisted === undefined) {
      say(`z3: no pending uploads under ${store.title}/${prefix}`)
    }
    return EXIT.ok
  } finally {
    store.close()
  }
}

async function judge(
  store: ObjectStore,
  upload: PendingUpload,
  olderThan: number,
  signal: AbortSignal,
): Promise<Finding> {
  let last: Date | undefined
  try {
    last = await store.lastActivity(upload, signal)
  } catch (error) {
    if (!isUnsupported(error)) throw error
  }
  if (!last) return { upload, age: undefined, verdict: 'unknown' }
  const age = (store.now().getTime() - last.getTime()) / 1000
  if (age < olderThan) return { upload, age, verdict: 'active' }
  // a part may take longer than that, but the runs of this host are known
  const locked = await isUploaded(store, upload.key)
  return { upload, age, verdict: locked ? 'locked' : 'stale' }
}

/**
 * Whether a run on this host is using the dataset of the key. The key does not show where the
 * S3_PREFIX of that run ends.
 */
async function isUploaded(store: ObjectStore, key: string): Promise<boolean> {
  const [path = ''] = key.split('@')
  for (let slash = path.indexOf('/'); slash >= 0;) {
    const dataset = path.slice(slash + 1)
    const destination = `${store.title}\n${path.slice(0, slash + 1)}`
    if (await isLocked({ dataset, destination })) return true
    slash = path.indexOf('/', slash + 1)
  }
  return false
}

/** 501: the server does not support listing uploads. */
function isUnsupported(error: unknown): error is Z3Error {
  return error instanceof Z3Error && error.code === 'not-implemented'
}

function line(finding: Finding, dryRun: boolean): string {
  const { upload, age, verdict } = finding
  const what = {
    stale: dryRun ? 'would abort' : 'aborted',
    active: 'skipped, active',
    unknown: 'skipped, age unknown',
    locked: 'skipped, in use by another run',
  }[verdict]
  const since =
    age === undefined
      ? ''
      : `, idle for ${prettyMs(Math.max(0, Math.round(age)) * 1000, { unitCount: 2 })}`
  return `${printable(upload.key)}: ${what}${since}`
}

function report(findings: readonly Finding[], unlisted: string | undefined, args: Args): object {
  return {
    status: 'success',
    not_listed: unlisted,
    dry_run: args['dry-run'] === true,
    uploads: findings.map(({ upload, age, verdict }) => ({
      key: upload.key,
      upload_id: upload.uploadId,
      initiated: upload.initiated?.toISOString(),
      seconds_untouched: age,
      verdict,
      dropped: verdict === 'stale' && !args['dry-run'],
    })),
  }
}
