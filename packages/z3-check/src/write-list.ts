import { filesOf, Unreadable, type FileState } from './files.js'
import { hashChunk, type ChunkResult } from './hash-chunk.js'
import type { HashPool } from './hash/hash-pool.js'
import { inOrder } from './hash/in-order.js'
import type { WalkEvents } from './list/walk.js'
import type { Report } from './report.js'
import type { Settings } from './settings.js'
import type { Target } from './target/target.js'

/** A chunk to hash; without number, the end of the file. */
interface Step {
  readonly file: FileState | Unreadable
  readonly chunk: number | undefined
}

/**
 * Write the list of a target.
 *
 * @throws the signal's reason
 */
export async function writeList(
  target: Target,
  settings: Settings,
  pool: HashPool,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const { chunkSize, parallel } = settings
  const results = inOrder(
    steps(target, settings, report.walkEvents()),
    async ({ file, chunk }) => {
      if (file instanceof Unreadable || chunk === undefined) return { file, chunk }
      const result = await hashChunk(pool, file, chunk * chunkSize, chunkSize)
      return { file, chunk, result }
    },
    parallel,
    signal,
  )
  for await (const { file, chunk, result } of results) {
    if (file instanceof Unreadable) report.error(file.path, file.reason)
    else if (chunk !== undefined && result) tellChunk(file, chunk, result, report)
    else if (file.changed) report.error(file.path, 'changed while it was read')
  }
}

function tellChunk(file: FileState, chunk: number, result: ChunkResult, report: Report): void {
  const { path } = file
  if ('error' in result) report.error(path, result.error, chunk)
  // the end of a device, or a file that was truncated, which is reported at its end
  else if (result.bytes > 0) report.line({ path, chunk, sha1: result.sha1 }, result.bytes)
}

/** With --skip, chunks are counted across files. */
async function* steps(
  target: Target,
  { chunkSize, skip }: Settings,
  events: WalkEvents,
): AsyncGenerator<Step, void> {
  let count = 0
  for await (const file of filesOf(target, events)) {
    if (!(file instanceof Unreadable)) {
      const { size = Infinity } = file
      for (let chunk = 0; !file.ended && chunk * chunkSize < size; chunk++) {
        if (count++ % (skip + 1) === 0) yield { file, chunk }
      }
    }
    yield { file, chunk: undefined }
  }
}
