import { constants, lstat, mkdir, open, rename, rmdir, stat, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { Z3Error, type ErrorCode } from '@z3/core'
import type { ObjectPlace } from './layout.js'

const NOT_FOLLOWED =
  'Symbolic links inside a store are not followed: mount the other file system at that path instead.'

/** Codes and hints for system call errors; the last row matches any error. */
const MEANINGS: readonly (readonly [errnos: RegExp, code: ErrorCode, hint: string])[] = [
  [/^(EACCES|EPERM)$/, 'access-denied', 'Allow this user to read and write there.'],
  [/^(ENOSPC|EDQUOT)$/, 'no-space', 'Free space or raise the quota, then retry.'],
  [/^EFBIG$/, 'stream-too-large', 'Use a file system that allows larger files (vfat: 4 GiB).'],
  [/^EROFS$/, 'store-rejected', 'Mount the file system read-write.'],
  [/^EIO$/, 'store-rejected', 'Check the kernel log: the disk or the share may be failing.'],
  // O_NOFOLLOW: ELOOP on Linux, EMLINK on FreeBSD
  [/^(ELOOP|EMLINK)$/, 'store-rejected', NOT_FOLLOWED],
  [/^ENAMETOOLONG$/, 'invalid-name', 'Use a shorter prefix, or a file system with longer names.'],
  [/^E[MN]FILE$/, 'store-unavailable', 'Raise the limit of open files.'],
  [
    /^(ENODEV|ENXIO|ENOTCONN|ESTALE|EHOSTDOWN|EHOSTUNREACH|ETIMEDOUT)$/,
    'store-unavailable',
    'Check that the disk or share is connected and mounted.',
  ],
  [/^E/, 'store-rejected', 'Check that the file system supports such files.'],
]

/** The code of a system call's error (`ENOENT`), '' for any other error. */
export function errno(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  // neither the ERR_… of Node nor the number of a DOMException (AbortError)
  const { code } = error
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : ''
}

/** Whether the error means that the file does not exist. */
export function isMissing(error: unknown): boolean {
  const code = errno(error instanceof Z3Error ? error.cause : error)
  // ENOTDIR: another file has the name of a directory of the store
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/**
 * Convert the error of a failed system call; any other error is returned unchanged.
 *
 * @param action for the message: `cannot write`
 */
export function fileError(error: unknown, action: string, path: string): unknown {
  const meaning = MEANINGS.find(([errnos]) => errnos.test(errno(error)))
  if (!(error instanceof Error) || meaning === undefined) return error
  const [, code, hint] = meaning
  // `no space left on device` from `ENOSPC: no space left on device, write`
  const text = /^[A-Z0-9]+: ([^,]+)/.exec(error.message)?.[1] ?? errno(error)
  return new Z3Error(code, `${action} '${path}': ${text}`, { hint, cause: error })
}

/** Run `operation`, converting system errors to Z3Error. */
export async function withFileErrors<T>(
  action: string,
  path: string,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    throw fileError(error, action, path)
  }
}

/** The same; undefined if the file does not exist. */
export async function ifThere<T>(
  action: string,
  path: string,
  operation: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await operation()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw fileError(error, action, path)
  }
}

/** @returns whether it existed */
export async function removeFile(path: string): Promise<boolean> {
  return (await ifThere('cannot remove', path, () => unlink(path).then(() => true))) ?? false
}

/** @returns whether it existed */
export async function renameFile(from: string, to: string): Promise<boolean> {
  return (await ifThere('cannot rename', from, () => rename(from, to).then(() => true))) ?? false
}

// O_NONBLOCK: a FIFO of another program must not block
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Open a regular file for reading and get its size in bytes; undefined if it does not exist. The
 * caller closes it.
 *
 * @throws Z3Error `store-rejected`: a link, a directory, a device…
 */
export async function openRegular(
  path: string,
): Promise<{ handle: FileHandle; size: number } | undefined> {
  const handle = await ifThere('cannot open', path, () => open(path, READ))
  if (handle === undefined) return undefined
  try {
    const found = await withFileErrors('cannot open', path, () => handle.stat())
    if (found.isFile()) return { handle, size: found.size }
    throw new Z3Error('store-rejected', `'${path}' is not a regular file`, {
      hint: 'Another program created it: move it away.',
    })
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * The directory of a store must exist. It is never created: if a mount is missing, a backup would
 * fill the system disk.
 *
 * @throws Z3Error `no-such-bucket`
 */
export async function checkRoot(root: string): Promise<void> {
  const found = await ifThere('cannot access', root, () => stat(root))
  if (found?.isDirectory()) return
  const problem = found === undefined ? 'does not exist' : 'is not a directory'
  throw new Z3Error('no-such-bucket', `the directory '${root}' ${problem}`, {
    hint: 'Mount the file system, or create the directory.',
  })
}

/**
 * Whether the directories of an object's path exist. A symbolic link is an error: a user who may
 * write to the store could redirect a backup, run by root, to any directory. (Node has no
 * openat(2), so a directory replaced by a link between this check and the use is not detected.)
 *
 * @throws Z3Error `store-rejected`
 */
export async function directoriesExist({ parents }: ObjectPlace): Promise<boolean> {
  for (const path of parents) if (!(await isDirectory(path))) return false
  return true
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await ifThere('cannot access', path, () => lstat(path))
  if (found?.isSymbolicLink()) throw isLink(path)
  return found?.isDirectory() ?? false
}

/** The error for a symbolic link inside a store. */
export function isLink(path: string): Z3Error {
  return new Z3Error('store-rejected', `'${path}' is a symbolic link`, { hint: NOT_FOLLOWED })
}

/**
 * Create missing directories of a place. Not with mkdir's `recursive`, which follows links. They
 * are fsynced when an object in them is committed.
 *
 * @throws Z3Error `store-rejected`: a link or a file has the name
 */
export async function makeDirectories({ parents }: ObjectPlace): Promise<void> {
  for (const path of parents) {
    await withFileErrors('cannot create the directory', path, async () => {
      try {
        await mkdir(path)
      } catch (error) {
        if (errno(error) !== 'EEXIST') throw error
        if (await isDirectory(path)) return
        throw new Z3Error('store-rejected', `'${path}' is not a directory`, {
          hint: 'Move that file out of the store.',
        })
      }
    })
  }
}

/** Remove the empty directories of a place, innermost first. */
export async function removeEmptyDirectories({ parents }: ObjectPlace): Promise<void> {
  for (const path of [...parents].reverse()) {
    try {
      await rmdir(path)
    } catch (error) {
      if (errno(error) !== 'ENOENT') return
    }
  }
}

/** Errors of file systems that do not support fsync(2) of a directory. */
const NO_SYNC = /^(EINVAL|ENOTSUP|EOPNOTSUPP|ENOSYS|EBADF)$/

/** Make created, renamed or removed entries of a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  await withFileErrors('cannot sync the directory', path, async () => {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } catch (error) {
      if (!NO_SYNC.test(errno(error))) throw error
    } finally {
      await handle.close()
    }
  })
}
