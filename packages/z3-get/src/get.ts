import {
  createAtomicFile,
  orAborted,
  prepare,
  printable,
  stdoutClosed,
  usageError,
  type Arguments,
  type Io,
  type Prepared,
} from '@z3/cli'
import { EXIT, MIB, Z3Error } from '@z3/core'
import {
  download,
  fetchManifest,
  openStore,
  type ObjectInfo,
  type ObjectStore,
  type Verdict,
} from '@z3/s3'
import { spec } from './command-line.js'
import { writeAll } from './fd-writer.js'
import { openProgress } from './show-progress.js'

type Args = Arguments<typeof spec.options>

/** Bytes per range unless CHUNK_SIZE is set. */
const DEFAULT_CHUNK = 8 * MIB

/** Store options that override the configuration; tests inject a clock. */
export type Tuning = Partial<Parameters<typeof openStore>[1]>

/**
 * Stream an object.
 *
 * @param output descriptor to write the object to
 * @param tuning store options that override the configuration
 * @returns the exit status
 */
export async function get(args: Args, io: Io, output: number, tuning: Tuning): Promise<number> {
  const keys = args.operands
  if (keys.includes('')) throw usageError(spec, 'the key is empty')
  if (args.metadata && keys.length > 1) throw usageError(spec, '--metadata takes one key')
  if (args['version-id'] !== undefined && keys.length > 1) {
    throw usageError(spec, '--version-id takes one key')
  }
  if (args.output === undefined && !args.metadata && io.isTerminal(output)) {
    throw usageError(spec, 'standard output is a terminal; use a pipe, or --output FILE')
  }
  const prepared = await prepare(spec.name, args, io)
  const { bucket, ...options } = prepared.store
  const { 'as-of': time, 'version-id': version } = args
  const onNote = (line: string) => {
    prepared.say(`${spec.name}: ${line}`)
  }
  const asOf = time === undefined ? undefined : { time, onNote, signal: io.signal }
  const store = await openStore(bucket, { ...options, asOf, ...tuning })
  try {
    // all of them first: a missing one is reported before anything is written
    const infos: ObjectInfo[] = []
    for (const key of keys) {
      infos.push(await orAborted(io.signal, headOf(store, key, version, io.signal)))
    }
    if (args.output === undefined && io.stdoutClosed) throw stdoutClosed()
    if (args.metadata) {
      for (const info of infos) await writeAll(output, Buffer.from(`${describe(info)}\n`))
    } else {
      await copyAll(store, infos, prepared, args, io, output)
    }
    return EXIT.ok
  } finally {
    store.close()
  }
}

async function copyAll(
  store: ObjectStore,
  infos: readonly ObjectInfo[],
  prepared: Prepared,
  args: Args,
  io: Io,
  output: number,
): Promise<void> {
  const file = args.output === undefined ? undefined : await createAtomicFile(args.output)
  try {
    for (const info of infos) await copy(store, info, prepared, args, io, file?.fd ?? output)
    await file?.commit()
  } catch (error) {
    await file?.discard()
    throw error
  }
}

function headOf(
  store: ObjectStore,
  key: string,
  version: string | undefined,
  signal: AbortSignal,
): Promise<ObjectInfo> {
  if (version === undefined) return store.head(key, signal)
  if (store.versions) return store.versions.head(key, version, signal)
  throw new Z3Error('config', `--version-id: ${store.title} has no versions`, {
    hint: 'Only a bucket with versioning keeps what was replaced or deleted.',
  })
}

async function copy(
  store: ObjectStore,
  info: ObjectInfo,
  { config: { settings }, say }: Prepared,
  args: Args,
  io: Io,
  fd: number,
): Promise<void> {
  const found =
    settings.MANIFEST === 'yes'
      ? await fetchManifest(store, settings.S3_PREFIX, info, io.signal)
      : undefined
  if (found?.note !== undefined) say(`${spec.name}: ${found.note}`)
  const progress = openProgress(info, io, args.progress === true)
  const downloaded = download(store, {
    info,
    chunkSize: settings.CHUNK_SIZE ?? DEFAULT_CHUNK,
    concurrency: settings.CONCURRENCY,
    memory: settings.MAX_MEMORY,
    crc32: found?.manifest?.crc32,
    write: async (bytes) => {
      await writeAll(fd, bytes)
      progress.onWritten(bytes.byteLength)
    },
    gauge: progress.gauge,
    signal: io.signal,
  })
  // a blocked reader must not delay a signal
  const verdict = await orAborted(io.signal, downloaded).finally(progress.end)
  // --quiet does not silence a doubt
  if (args.verbose || verdict.kind === 'doubt') {
    io.stderr.write(`${printable(`${spec.name}: ${describeVerdict(info, verdict)}`)}\n`)
  }
}

function describeVerdict({ key }: ObjectInfo, verdict: Verdict): string {
  return verdict.kind === 'same'
    ? `the ${verdict.by} of '${key}' is correct`
    : `cannot verify the data of '${key}': ${verdict.why}`
}

/** One JSON object; times in ISO 8601, sizes in bytes. */
function describe(info: ObjectInfo): string {
  const { key, version, size, etag, modified, metadata, pieces } = info
  const objects = pieces?.map((piece) => piece.key)
  return JSON.stringify({ key, version, size, etag, modified, metadata, objects }, undefined, 2)
}
