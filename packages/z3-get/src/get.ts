import {
  orAborted,
  prepare,
  printable,
  stdoutClosed,
  usageError,
  type Arguments,
  type Io,
  type Prepared,
} from '@z3/cli'
import { EXIT, humanSize, MIB } from '@z3/core'
import {
  download,
  fetchManifest,
  openStore,
  type ObjectInfo,
  type ObjectStore,
  type Verdict,
} from '@z3/s3'
import { createAtomicFile } from './atomic-file.js'
import { spec } from './command-line.js'
import { writeAll } from './fd-writer.js'

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
  const [key = ''] = args.operands
  if (key === '') throw usageError(spec, 'the key is empty')
  if (args.output === undefined && !args.metadata && io.isTerminal(output)) {
    throw usageError(spec, 'standard output is a terminal; use a pipe, or --output FILE')
  }
  const prepared = await prepare(spec.name, args, io)
  const { bucket, ...options } = prepared.store
  const store = await openStore(bucket, { ...options, ...tuning })
  try {
    const info = await orAborted(io.signal, store.head(key, io.signal))
    if (args.output === undefined && io.stdoutClosed) throw stdoutClosed()
    if (args.metadata) {
      await writeAll(output, Buffer.from(`${describe(info)}\n`))
    } else {
      await copy(store, info, prepared, args, io, output)
    }
    return EXIT.ok
  } finally {
    store.close()
  }
}

async function copy(
  store: ObjectStore,
  info: ObjectInfo,
  { config: { settings }, say }: Prepared,
  args: Args,
  io: Io,
  output: number,
): Promise<void> {
  const found =
    settings.MANIFEST === 'yes'
      ? await fetchManifest(store, settings.S3_PREFIX, info, io.signal)
      : undefined
  if (found?.note !== undefined) say(`${spec.name}: ${found.note}`)
  const file = args.output === undefined ? undefined : await createAtomicFile(args.output)
  const fd = file?.fd ?? output
  const progress = progressLine(info, io, args.progress === true)
  try {
    const downloaded = download(store, {
      info,
      chunkSize: settings.CHUNK_SIZE ?? DEFAULT_CHUNK,
      concurrency: settings.CONCURRENCY,
      memory: settings.MAX_MEMORY,
      crc32: found?.manifest?.crc32,
      write: async (bytes) => {
        await writeAll(fd, bytes)
        progress(bytes.byteLength)
      },
      signal: io.signal,
    })
    // a blocked reader must not delay a signal
    const verdict = await orAborted(io.signal, downloaded)
    await file?.commit()
    // --quiet does not silence a doubt
    if (args.verbose || verdict.kind === 'doubt') {
      io.stderr.write(`${printable(`${spec.name}: ${describeVerdict(info, verdict)}`)}\n`)
    }
  } catch (error) {
    await file?.discard()
    throw error
  }
}

function describeVerdict({ key }: ObjectInfo, verdict: Verdict): string {
  return verdict.kind === 'same'
    ? `the ${verdict.by} of '${key}' is correct`
    : `cannot verify the data of '${key}': ${verdict.why}`
}

function progressLine(info: ObjectInfo, io: Io, wanted: boolean) {
  let done = 0
  return (bytes: number) => {
    done += bytes
    if (!wanted) return
    const percent = info.size > 0 ? Math.floor((done * 100) / info.size) : 100
    io.stderr.write(`${humanSize(done)} of ${humanSize(info.size)} (${String(percent)} %)\n`)
  }
}

/** One JSON object; times in ISO 8601, sizes in bytes. */
function describe(info: ObjectInfo): string {
  const { key, size, etag, modified, metadata } = info
  return JSON.stringify({ key, size, etag, modified, metadata }, undefined, 2)
}
