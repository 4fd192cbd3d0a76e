import {
  checkUpload,
  orAborted,
  prepare,
  printable,
  usageError,
  withLock,
  type Arguments,
  type Io,
} from '@z3/cli'
import type { LoadedConfig } from '@z3/config'
import { EXIT, parseMetadata, Z3Error, type ErrorCode } from '@z3/core'
import {
  ObjectDigest,
  openSource,
  openStore,
  StreamSource,
  upload,
  type ObjectDigests,
  type ObjectInfo,
  type ObjectStore,
  type Source,
  type UploadJournal,
  type UploadResult,
} from '@z3/s3'
import { CheckedSource } from './checked-source.js'
import { spec } from './command-line.js'
import { readCommit } from './commit-fd.js'
import { isOpen } from './is-open.js'
import { openJournal } from './journal.js'
import { planUpload, type UploadPlan } from './plan.js'
import { startProducer, type Producer } from './producer.js'
import { openProgress, type UploadProgress } from './show-progress.js'

type Args = Arguments<typeof spec.options>

/** Errors of an input that ends too early. */
const SHORT: readonly ErrorCode[] = ['empty-input', 'cut-stream']

/** Store options that override the configuration; tests inject a clock. */
export type EngineOptions = Partial<Parameters<typeof openStore>[1]>

/**
 * Upload a stream.
 *
 * @param help the text shown if the input is a terminal
 * @returns the exit status
 */
export async function put(
  args: Args,
  help: () => string,
  io: Io,
  engine: EngineOptions,
): Promise<number> {
  const fd = descriptor('--file-descriptor', args['file-descriptor']) ?? 0
  if (!args.command && io.isTerminal(fd)) {
    io.stderr.write(`${help()}\n`)
    return EXIT.usage
  }
  return putStream(args, fd, io, engine)
}

async function putStream(args: Args, fd: number, io: Io, engine: EngineOptions): Promise<number> {
  const { command } = args
  const [key = ''] = args.operands
  if (key === '') throw usageError(spec, 'the key is empty')
  const commitFd = descriptor('--commit-fd', args['commit-fd'])
  if (command && commitFd !== undefined) {
    throw usageError(spec, '--commit-fd and a command exclude each other')
  }
  if (command && args['file-descriptor'] !== undefined) {
    throw usageError(spec, '--file-descriptor and a command exclude each other')
  }
  const metadata = parseMetadata([args.metadata ?? []].flat())
  const { config, store: settings, say } = await prepare(spec.name, args, io)
  checkUpload(settings)
  const { bucket, ...options } = settings
  const store = await openStore(bucket, { ...options, ...engine })
  const run = { args, key, metadata, fd, commitFd, config, store, say }
  try {
    if (!args.resume) return await send(run, undefined, io)
    // two runs that continue one upload would mix their parts
    const subject = { dataset: key, destination: `pput\n${store.title}` }
    return await withLock(subject, io.signal, say, async (signal) => {
      const note = (line: string) => {
        noteTo(io, line)
      }
      const journal = await openJournal(io.env, store, key, note)
      return send(run, journal, { ...io, signal })
    })
  } finally {
    store.close()
  }
}

/** An upload that is about to begin. */
interface Run {
  readonly args: Args
  readonly key: string
  readonly metadata: Readonly<Record<string, string>>
  readonly fd: number
  readonly commitFd: number | undefined
  readonly config: LoadedConfig
  readonly store: ObjectStore
  readonly say: (line: string) => void
}

async function send(
  { args, key, metadata, fd, commitFd, config, store, say }: Run,
  journal: UploadJournal | undefined,
  io: Io,
): Promise<number> {
  const { command } = args
  let source: Source | undefined
  let producer: Producer | undefined
  const digest = args.digest ? new ObjectDigest() : undefined
  let digests: ObjectDigests | undefined
  let progress: UploadProgress | undefined
  try {
    const checked = (input: Source) => (args.zfs ? new CheckedSource(input) : input)
    if (!command) source = checked(openSource(fd))
    const plan = planUpload(args, config, store.limits, source?.size)
    say(startLine(config, key, plan))
    const shown = openProgress(key, plan.expected, io, args.progress === true)
    progress = shown
    const started = Date.now()
    const { info, parts, reused } = await upload(
      store,
      () => {
        if (!source) {
          producer = startProducer(command ?? [])
          source = checked(new StreamSource(producer.stdout))
        }
        return shown.watch(source)
      },
      {
        ...plan,
        key,
        metadata,
        overwrite: args.overwrite === true,
        journal,
        // the commit may never come; a signal must not wait for it
        commit: async () => {
          await orAborted(io.signal, vouched(producer, commitFd))
          // before Complete: if the thread failed later, the object would exist despite exit 1
          digests = await digest?.end()
        },
        signal: io.signal,
        onBody: digest && ((body) => digest.update(body)),
        onPart: shown.onPart,
        onNote: (line) => {
          noteTo(io, line)
        },
        onAbortFailed: (error) => {
          io.stderr.write(`pput: the upload may still be pending: ${reason(error)}\n`)
        },
      },
    )
    progress.end()
    for (const line of changedMetadata(metadata, info)) say(`pput: ${line}`)
    if (!args.quiet || args.json) {
      io.stdout.write(`${resultLine({ info, parts, reused }, Date.now() - started, digests)}\n`)
    }
    return EXIT.ok
  } catch (error) {
    progress?.end()
    if (error instanceof Z3Error && SHORT.includes(error.code) && producer) {
      // report the failure of the producer, which explains the short input
      await orAborted(io.signal, producer.succeeded())
    }
    throw error
  } finally {
    await producer?.stop()
    source?.close()
    digest?.close()
  }
}

/** The commit rule: complete only if the producer succeeded and the commit was received. */
async function vouched(
  producer: Producer | undefined,
  commitFd: number | undefined,
): Promise<void> {
  await producer?.succeeded()
  if (commitFd !== undefined) await readCommit(commitFd)
}

function descriptor(flag: string, text: string | undefined) {
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) {
    throw usageError(spec, `${flag}: '${text}' is not a file descriptor`)
  }
  if (isOpen(Number(text))) return Number(text)
  throw new Z3Error('usage', `${flag} ${text} is not open`, {
    hint: `Open it for reading: ${text}< FILE.`,
  })
}

/** The original z3's line, with the chunk size as Python prints a float. */
function startLine(
  { settings }: LoadedConfig,
  key: string,
  { schedule, concurrency }: UploadPlan,
): string {
  const mib = Math.min(schedule.floor, schedule.ceiling) / 1024 ** 2
  const size = Number.isInteger(mib) ? `${String(mib)}.0` : String(mib)
  return `starting upload to ${String(settings.BUCKET)}/${key} with chunksize ${size}M using ${String(concurrency)} workers`
}

/** Some servers replace `_` by `-` or change the case of keys. */
function changedMetadata(
  sent: Readonly<Record<string, string>>,
  { metadata }: ObjectInfo,
): string[] {
  return Object.entries(sent)
    .filter(([key, value]) => metadata[key] !== value)
    .map(([key]) => `the server changed metadata '${key}'; use hyphens instead of underscores`)
}

/** The original z3's line in its notation, followed by our own fields. */
function resultLine(
  { info, parts, reused }: UploadResult,
  ms: number,
  digests: ObjectDigests | undefined,
): string {
  const fields = {
    status: 'success',
    etag: info.etag,
    key: info.key,
    bytes: info.size,
    parts,
    ...(info.pieces ? { objects: info.pieces.length } : {}),
    ...(reused > 0 && { reused_bytes: reused }),
    seconds: ms / 1000,
    ...(info.lockedUntil && { locked_until: info.lockedUntil.toISOString() }),
    ...(digests && {
      ...(info.nonce === undefined ? {} : { nonce: info.nonce }),
      sha256: digests.sha256,
      crc32: digests.crc32,
      part_bytes: digests.parts.map((part) => part.bytes),
      part_crc32: digests.parts.map((part) => part.crc32),
    }),
  }
  const text = Object.entries(fields).map(
    ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  )
  return `{${text.join(', ')}}`
}

function noteTo(io: Io, line: string): void {
  io.stderr.write(`pput: NOTE: ${printable(line)}\n`)
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
