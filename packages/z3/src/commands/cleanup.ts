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
import { EXIT, humanDuration, Z3Error } from '@z3/core'
import { openStore, type ObjectStore, type PendingUpload } from '@z3/s3'
import {
  deleteLeftovers,
  findLeftovers,
  type Leftover,
  type LeftoverSearch,
} from '../cleanup/leftovers.js'
import { findContinuations } from '../cleanup/continuations.js'
import { judge, type Verdict } from '../cleanup/verdict.js'
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
    describe: 'Skip uploads and manifests that were written to within AGE: 24h, 7d',
  },
  'dry-run': {
    type: 'boolean',
    alias: 'n',
    group: 'Output',
    describe: 'List what would be aborted and deleted, and change nothing',
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
  description: `Abort multipart uploads that interrupted runs left in the bucket. Such uploads are not listed as objects, but are billed. Also deletes manifests, verification records and continuations of large objects under S3_PREFIX whose object is gone.

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
  exitStatus: `0 aborted and deleted, or nothing to do; 1 failed; 2 usage or configuration; 128+n ended by signal n.`,
  version,
}

/** A pending upload, and what to do with it. */
interface Finding {
  readonly upload: PendingUpload
  /** Seconds since its last part, if the store reports it. */
  readonly age: number | undefined
  readonly verdict: Verdict
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
        findings.push(await orAborted(signal, judgeUpload(store, upload, olderThan, signal)))
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
    const search = { prefix: config.settings.S3_PREFIX, within: prefix, olderThan }
    const leftovers = await cleanLeftovers(store, search, args, io)
    if (args.json) {
      const json = { ...report(findings, unlisted, args), leftovers: leftovers.map(leftoverJson) }
      io.stdout.write(`${JSON.stringify(json)}\n`)
    } else if (findings.length === 0 && unlisted === undefined) {
      say(`z3: no pending uploads under ${store.title}/${prefix}`)
    }
    return EXIT.ok
  } finally {
    store.close()
  }
}

/** A leftover, and whether it was deleted. */
interface Cleaned extends Leftover {
  readonly isDeleted: boolean
}

/** Delete what is left of objects that are gone, where the keys permit it. */
async function cleanLeftovers(
  store: ObjectStore,
  search: LeftoverSearch,
  args: Args,
  io: Io,
): Promise<readonly Cleaned[]> {
  const dryRun = args['dry-run'] === true
  const deleted = new Set<Leftover>()
  const show = (leftover: Leftover): void => {
    if (args.json || args.quiet) return
    io.stdout.write(`${leftoverLine(leftover, dryRun)}\n`)
  }
  let found: readonly Leftover[] = []
  try {
    found = [
      ...(await findLeftovers(store, search, io.signal)),
      ...(await findContinuations(store, search, io.signal)),
    ]
    found.filter(({ verdict }) => dryRun || verdict !== 'stale').forEach(show)
    if (!dryRun) {
      const done = (leftover: Leftover): void => {
        deleted.add(leftover)
        show(leftover)
      }
      await deleteLeftovers(store, found, done, io.signal)
    }
  } catch (error) {
    // a host that may only back up has aborted its uploads all the same
    if (!(error instanceof Z3Error) || error.code !== 'access-denied') throw error
    io.stderr.write(
      `z3: manifests and continuations without an object remain: ${printable(error.message)}\n`,
    )
  }
  return found.map((leftover) => ({ ...leftover, isDeleted: deleted.has(leftover) }))
}

function leftoverLine({ key, age, verdict }: Leftover, dryRun: boolean): string {
  const what = {
    stale: dryRun ? 'would delete, its object is gone' : 'deleted, its object is gone',
    active: 'skipped, its object is gone',
    unknown: 'skipped, age unknown',
    locked: 'skipped, in use by another run',
  }[verdict]
  const since = age === undefined ? '' : `, written ${humanDuration(age)} ago`
  return `${printable(key)}: ${what}${since}`
}

function leftoverJson({ key, object, age, verdict, isDeleted }: Cleaned): object {
  return { key, object, seconds_old: age, verdict, deleted: isDeleted }
}

async function judgeUpload(
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
  const age = last && (store.now().getTime() - last.getTime()) / 1000
  // a part may take longer than that, but the runs of this host are known
  const verdict = await judge(age, olderThan, () => isUploaded(store, upload.key))
  return { upload, age, verdict }
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
  const since = age === undefined ? '' : `, idle for ${humanDuration(age)}`
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
