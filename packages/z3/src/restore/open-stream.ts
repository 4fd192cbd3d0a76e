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

/** An object whose beginning was looked at. */
export interface OpenedStream {
  /** What makes it a stream again, in order. */
  readonly filters: readonly Command[]
  /** Undefined: no stream came out of its first bytes. */
  readonly head: StreamHead | undefined
}

/**
 * First bytes to try: a filter may want a block before it writes one. age has
 * 64 KiB, bzip2 900 kB, lz4 4 MiB.
 */
const STARTS = [128 * 1024, 8 * 1024 * 1024]

/** Filters that one object may have passed through. */
const MOST_FILTERS = 4

interface Opening {
  readonly store: ObjectStore
  readonly config: LoadedConfig
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/**
 * Read the beginning of an object, through the filters that it needs. Of one
 * with a guid, ours, the metadata name them; of others its bytes do, and the
 * metadata where those are not known.
 *
 * @throws Z3Error of the store, `unknown-compressor`, `config`,
 *   `program-missing`. What a filter
 *   cannot read is no error here: the run itself has the words of all programs
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
    // another filter may want as much of it as this one
    const wanted = Math.max(start.length, STREAM_HEAD_BYTES)
    bytes = await filterStart(filter, bytes, wanted, opening)
    if (bytes.length === 0) break
  }
  return { filters: declared, head: undefined }
}

/** Its metadata may be wrong, as the original's are. */
function isForeign({ guid }: StoredSnapshot): boolean {
  return guid === undefined
}

/** The filter that undoes the next one, taken from `left` where it is there. */
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
  // what the metadata names may have options of the user's own
  return claimed?.file === found.file ? claimed : found
}

/**
 * Run a filter on the first bytes of an object, and take the first bytes that
 * it writes. It is ended then: its input is cut, and how it ends says nothing.
 *
 * @param wanted bytes
 * @returns no bytes where it could make nothing of the input
 * @throws the signal's reason; Error where it cannot be run
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
  // it ends before it has read all, as it should
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
