import { filterFor, incomingFilters } from '@z3/backup'
import { spawn } from 'node:child_process'
import type { LoadedConfig } from '@z3/config'
import {
  readStreamHead,
  recognizeContent,
  STREAM_HEAD_BYTES,
  type Command,
  type StoredSnapshot,
  type StreamHead,
} from '@z3/core'
import { checkPrograms } from '@z3/pipeline'
import type { ObjectStore } from '@z3/s3'

/** An object whose first bytes were read. */
export interface OpenedStream {
  /** Filters that turn it into a stream, in order. */
  readonly filters: readonly Command[]
  /** Undefined: its first bytes yield no stream. */
  readonly head: StreamHead | undefined
}

/**
 * Sizes to try: a filter may need a whole block before it writes. age has 64 KiB, bzip2 900 kB, lz4
 * 4 MiB.
 */
const STARTS = [128 * 1024, 8 * 1024 * 1024]

/** Maximum number of filters of an object. */
const MOST_FILTERS = 4

interface Opening {
  readonly store: ObjectStore
  readonly config: LoadedConfig
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/**
 * Read the beginning of an object through the necessary filters. For our own objects (with a guid),
 * the metadata names the filters; for others, their first bytes do, or else the metadata.
 *
 * @throws Z3Error of the store, `unknown-compressor`, `config`, `program-missing`. Input that a
 *   filter cannot decode is not an error here: the restore itself reports it with all messages
 */
export async function openStream(object: StoredSnapshot, opening: Opening): Promise<OpenedStream> {
  const { store, signal } = opening
  const declared = incomingFilters(object, opening.config)
  const { etag, size } = await store.head(object.key, signal)
  let opened: OpenedStream = { filters: declared, head: undefined }
  for (const length of STARTS) {
    const into = new Uint8Array(Math.min(length, size))
    if (size > 0) {
      await store.read(object.key, { offset: 0, into, etag, size, signal })
    }
    opened = await unwrap(object, into, declared, opening)
    if (opened.head || into.length === size) break
  }
  return opened
}

async function unwrap(
  object: StoredSnapshot,
  start: Uint8Array,
  declared: readonly Command[],
  opening: Opening,
): Promise<OpenedStream> {
  const left = [...declared]
  const filters: Command[] = []
  let bytes = start
  while (filters.length < MOST_FILTERS) {
    const head = left.length === 0 || isForeign(object) ? readStreamHead(bytes) : undefined
    if (head) return { filters, head }
    const filter = next(object, bytes, left, opening.config)
    if (!filter) break
    filters.push(filter)
    checkPrograms([filter], opening.env)
    // another filter may need as much input
    const wanted = Math.max(start.length, STREAM_HEAD_BYTES)
    bytes = await filterStart(filter, bytes, wanted, opening)
    if (bytes.length === 0) break
  }
  return { filters: declared, head: undefined }
}

/** Its metadata may be wrong, as in objects of the original. */
function isForeign({ guid }: StoredSnapshot): boolean {
  return guid === undefined
}

/** The filter to apply next, taken from `left` if it is in there. */
function next(
  object: StoredSnapshot,
  bytes: Uint8Array,
  left: Command[],
  config: LoadedConfig,
): Command | undefined {
  const claimed = left.shift()
  if (!isForeign(object)) return claimed
  const content = recognizeContent(bytes)
  if (content === undefined || content === 'zfs') return claimed
  const found = filterFor(content, config)
  // the filter in the metadata may have the user's options
  return claimed?.file === found.file ? claimed : found
}

/**
 * Run a filter on the first bytes of an object, and take the first bytes of its output. Then stop
 * it; its exit status means nothing, since its input is truncated.
 *
 * @param wanted bytes
 * @returns no bytes if it cannot decode the input
 * @throws the signal's reason; Error if the filter cannot be run
 */
async function filterStart(
  { file, args }: Command,
  input: Uint8Array,
  wanted: number,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Buffer> {
  signal.throwIfAborted()
  const child = spawn(file, args, {
    env: { ...env, LC_MESSAGES: 'C' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const output: Buffer[] = []
  let length = 0
  child.stdout.on('data', (chunk: Buffer) => {
    output.push(chunk)
    length += chunk.length
    if (length >= wanted) child.kill('SIGKILL')
  })
  // it ends before it has read everything, as intended
  child.stdin.on('error', () => undefined)
  const end = (): boolean => child.kill('SIGKILL')
  signal.addEventListener('abort', end)
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', () => {
        resolve()
      })
      child.stdin.end(input)
    })
  } finally {
    signal.removeEventListener('abort', end)
  }
  signal.throwIfAborted()
  return Buffer.concat(output)
}
