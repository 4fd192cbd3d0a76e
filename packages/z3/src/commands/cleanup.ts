import {
  durationFlag,
  isLocked,
  orAborted,
  prepare,
  printable,
  version,
  type Arguments,
  type CommandSpec,
  type Io,
} from '@z3/cli'
import { EXIT } from '@z3/core'
import type { ObjectStore, PendingUpload } from '@z3/s3'
import { openStore } from '@z3/s3'
import prettyMs from 'pretty-ms'
import { globals } from '../command-line.js'
import { untilAborted } from '../until-aborted.js'

const options = {
  ...globals,
  'older-than': {
    type: 'string',
    requiresArg: true,
    default: '24h',
    describe: 'Leave those alone to which something was added since: 24h, 7d',
  },
  'dry-run': {
    type: 'boolean',
    alias: 'n',
    describe: 'List them, and drop none',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    describe: 'Print nothing but errors',
  },
  json: {
    type: 'boolean',
    describe: 'Print the result as JSON, errors too',
  },
} as const

type Args = Arguments<typeof options>

/** z3 cleanup's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 cleanup',
  usage: '[options]',
  description: `Drop what runs that died have left in the store: uploads that were begun and never completed. They cannot be seen as objects, and cost as much.

An upload is left alone while parts of it arrive, wherever it comes from, and while a run on this host is at work on its dataset.`,
  options,
  operands: { least: 0, most: 0 },
  takesCommand: false,
  examples: [
    ['$0 --dry-run', 'what would be dropped'],
    ['$0 --older-than 2h', 'drop what stood still for two hours'],
  ],
  exitStatus: `0 dropped, or nothing to do; 1 failed; 2 usage or configuration; 128+n ended by signal n.`,
  version,
}

/** What becomes of a pending upload. */
interface Finding {
  readonly upload: PendingUpload
  /** Seconds since something was added to it, where the store says. */
  readonly age: number | undefined
  readonly verdict: 'stale' | 'active' | 'unknown' | 'locked'
}

/** Run `z3 cleanup`. */
export async function action(args: Args, io: Io): Promise<number> {
  const olderThan = durationFlag('--older-than', args['older-than'])
  const { config, store: settings, say } = await prepare('z3', args, io)
  const { bucket, ...storeOptions } = settings
  const store = await openStore(bucket, storeOptions)
  try {
    const { S3_PREFIX: prefix } = config.settings
    const findings: Finding[] = []
    const { signal } = io
    const uploads = store.listUploads(prefix, signal)
    for await (const upload of untilAborted(signal, uploads)) {
      findings.push(
        await orAborted(
          signal,
          judge(store, prefix, upload, olderThan, signal),
        ),
      )
    }
    const dropped: Finding[] = []
    for (const finding of findings) {
      signal.throwIfAborted()
      const drop = finding.verdict === 'stale'
      if (drop && !args['dry-run']) {
        await orAborted(signal, store.abortUpload(finding.upload, signal))
      }
      if (drop) dropped.push(finding)
      if (!args.json && !args.quiet) {
        io.stdout.write(`${line(finding, args['dry-run'] === true)}\n`)
      }
    }
    if (args.json) {
      io.stdout.write(`${JSON.stringify(report(findings, args))}\n`)
    } else if (findings.length === 0) {
      say(`z3: no pending uploads under ${store.title}/${prefix}`)
    }
    return EXIT.ok
  } finally {
    store.close()
  }
}

async function judge(
  store: ObjectStore,
  prefix: string,
  upload: PendingUpload,
  olderThan: number,
  signal: AbortSignal,
): Promise<Finding> {
  const last = await store.lastActivity(upload, signal)
  if (!last) return { upload, age: undefined, verdict: 'unknown' }
  const age = (Date.now() - last.getTime()) / 1000
  if (age < olderThan) return { upload, age, verdict: 'active' }
  // a clock that is off, or a part that takes long: our own runs we know
  const [dataset = ''] = upload.key.slice(prefix.length).split('@')
  const destination = `${store.title}\n${prefix}`
  const locked = await isLocked({ dataset, destination })
  return { upload, age, verdict: locked ? 'locked' : 'stale' }
}

function line(finding: Finding, dryRun: boolean): string {
  const { upload, age, verdict } = finding
  const what = {
    stale: dryRun ? 'would drop' : 'dropped',
    active: 'left alone, active',
    unknown: 'left alone, age not known',
    locked: 'left alone, a run is at work on it',
  }[verdict]
  const since =
    age === undefined
      ? ''
      : `, untouched for ${prettyMs(Math.max(0, Math.round(age)) * 1000, { unitCount: 2 })}`
  return `${printable(upload.key)}: ${what}${since}`
}

function report(findings: readonly Finding[], args: Args): object {
  return {
    status: 'success',
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
