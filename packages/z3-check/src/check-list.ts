import { Z3Error } from '@z3/core'
import { filesOf, findFile, Unreadable, type FileState } from './files.js'
import { hashChunk } from './hash-chunk.js'
import type { HashPool } from './hash/hash-pool.js'
import { inOrder } from './hash/in-order.js'
import { shown, type NumberedLine } from './list/read-list.js'
import type { Failure, Report } from './report.js'
import type { Settings } from './settings.js'
import type { Target } from './target/target.js'

/** A line to check; without it, the end of the lines of a file. */
interface Step {
  readonly file: FileState | Unreadable
  readonly line: NumberedLine | undefined
  /** Chunks that the list has of the file so far. */
  readonly chunks: ReadonlySet<number>
}

/**
 * Compare a target with a list. One that lacks chunks is reported: the program that wrote it may have
 * failed. With `skip`, the list of a directory is not known to lack any, unless it is empty.
 *
 * @throws Z3Error `usage` for a line that is repeated
 * @throws the signal's reason
 */
export async function checkList(
  target: Target,
  lines: AsyncIterable<NumberedLine>,
  settings: Settings,
  pool: HashPool,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Set<string>()
  const isTree = target.kind === 'tree'
  const check = async ({ file, line, chunks }: Step): Promise<Failure | number | undefined> => {
    if (line) return checkLine(file, line, settings, pool)
    // with --skip, chunks are counted across files
    const isKnown = !isTree || settings.skip === 0
    return isKnown ? findUnlisted(file, chunks, settings, pool) : undefined
  }
  const results = inOrder(
    steps(target, lines, seen),
    async (step) => ({ step, found: await check(step) }),
    settings.parallel,
    signal,
  )
  for await (const { step, found } of results) {
    const { file, line } = step
    if (typeof found === 'number') report.checked(found)
    else if (found) report.failure(found)
    if (!line && !(file instanceof Unreadable) && file.changed) {
      report.failure({ path: file.path, reason: 'changed' })
    }
  }
  if (isTree && (settings.skip === 0 || seen.size === 0)) {
    await findOthers(target, seen, report, signal)
  }
}

async function* steps(
  target: Target,
  lines: AsyncIterable<NumberedLine>,
  seen: Set<string>,
): AsyncGenerator<Step, void> {
  let file = target.kind === 'tree' ? undefined : await findFile(target, undefined)
  let path: string | undefined
  let chunks = new Set<number>()
  for await (const line of lines) {
    if (!file || line.path !== path) {
      if (file) yield { file, line: undefined, chunks }
      path = line.path
      if (path !== undefined && seen.has(path)) throw repeated(line)
      if (path !== undefined) seen.add(path)
      file = await findFile(target, path)
      chunks = new Set()
    }
    if (chunks.has(line.chunk)) throw repeated(line)
    chunks.add(line.chunk)
    yield { file, line, chunks }
  }
  if (file) yield { file, line: undefined, chunks }
}

function repeated({ path, chunk, number }: NumberedLine): Z3Error {
  const of = path === undefined ? '' : ` of '${shown(path)}'`
  return new Z3Error(
    'usage',
    `line ${String(number)} of the list is repeated or out of place: chunk ${String(chunk)}${of}`,
    { hint: 'The lines of a file follow each other, each chunk once.' },
  )
}

/** @returns the bytes of the chunk, if it is as listed */
async function checkLine(
  file: FileState | Unreadable,
  { path, chunk, sha1 }: NumberedLine,
  { chunkSize }: Settings,
  pool: HashPool,
): Promise<Failure | number> {
  const failed = { path, chunk, expected: sha1 }
  if (file instanceof Unreadable) return { ...failed, reason: 'unreadable', error: file.reason }
  const result = await hashChunk(pool, file, chunk * chunkSize, chunkSize)
  if ('error' in result) return { ...failed, reason: 'unreadable', error: result.error }
  if (result.bytes === 0) return { ...failed, reason: 'ends-before' }
  if (result.sha1 !== sha1) return { ...failed, reason: 'differs', actual: result.sha1 }
  return result.bytes
}

/** The first chunk of a file that the list should have, and does not. */
async function findUnlisted(
  file: FileState | Unreadable,
  chunks: ReadonlySet<number>,
  { chunkSize, blockSize, skip }: Settings,
  pool: HashPool,
): Promise<Failure | undefined> {
  if (file instanceof Unreadable) return undefined
  const { path } = file
  let chunk = 0
  while (chunks.has(chunk)) chunk += skip + 1
  // chunks behind it are listed
  if (skip === 0 && chunk < chunks.size) return { path, chunk, reason: 'not-listed' }
  // a device on FreeBSD reads whole sectors only
  const result = await hashChunk(pool, file, chunk * chunkSize, blockSize)
  const isThere = 'bytes' in result && result.bytes > 0
  return isThere ? { path, chunk, reason: 'not-listed' } : undefined
}

/** Files that the list does not have. */
async function findOthers(
  target: Target,
  listed: ReadonlySet<string>,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const events = report.walkEvents((path, error) => {
    report.failure({ path, reason: 'unreadable', error })
  })
  for await (const file of filesOf(target, events)) {
    signal.throwIfAborted()
    if (file.path === undefined || listed.has(file.path)) continue
    report.failure({ path: file.path, reason: 'not-listed' })
  }
}
