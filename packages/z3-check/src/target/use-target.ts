import { stat } from 'node:fs/promises'
import type { Io } from '@z3/cli'
import { Z3Error } from '@z3/core'
import { reasonOf } from '../reason.js'
import type { Target } from './target.js'

/**
 * Open a target, use it, and close it: a file, a block device, a directory, or a ZFS snapshot, whose
 * name has an `@` and does not begin with `/` or `.`.
 *
 * @throws Z3Error `no-such-file`, `usage`: a special file, `input-failed`; those of `useSnapshot`
 */
export async function useTarget<T>(
  text: string,
  io: Io,
  action: (target: Target) => Promise<T>,
): Promise<T> {
  if (text.includes('@') && !/^[./]/.test(text)) {
    const { useSnapshot } = await import('./snapshot.js')
    return useSnapshot(text, io, action)
  }
  return action({ kind: await kindOf(text), path: Buffer.from(text) })
}

/** @throws Z3Error `no-such-file`, `usage`, `input-failed` */
async function kindOf(path: string): Promise<Target['kind']> {
  const stats = await stat(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
    throw new Z3Error(
      isMissing ? 'no-such-file' : 'input-failed',
      `cannot read ${path}: ${reasonOf(error)}`,
      { hint: isMissing ? 'For a snapshot, write DATASET@SNAPSHOT.' : undefined, cause: error },
    )
  })
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'tree'
  // FreeBSD has no block devices
  const isDisk = process.platform === 'freebsd' ? stats.isCharacterDevice() : stats.isBlockDevice()
  if (isDisk) return 'device'
  throw new Z3Error('usage', `${path} is a special file`, {
    hint: 'Name a file, a block device, a directory or a snapshot.',
  })
}
