import type { FileState } from './files.js'
import { shortReason } from './reason.js'
import type { Hashed } from './hash/hash-job.js'
import type { HashPool } from './hash/hash-pool.js'

/** The result of a chunk: its hash, or why it cannot be read. */
export type ChunkResult = Hashed | { readonly error: string }

/**
 * Hash a chunk of a file, and note what it shows about the file: its end, and a change.
 *
 * @param length bytes
 */
export async function hashChunk(
  pool: HashPool,
  file: FileState,
  offset: number,
  length: number,
): Promise<ChunkResult> {
  const { full: path, identity } = file
  const noFollow = file.path !== undefined
  const reply = await pool.hash({ path, noFollow, offset, length })
  if ('error' in reply) {
    // other chunks may be readable behind a bad block of a file, but a device has no known end
    if (file.size === undefined || reply.code !== 'EIO') file.ended = true
    return { error: shortReason(reply.error, reply.code) }
  }
  if (reply.bytes < length && file.size === undefined) file.ended = true
  if (reply.before !== identity || reply.after !== identity) file.changed = true
  return reply
}
