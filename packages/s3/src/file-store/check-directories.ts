import { lstat, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Z3Error } from '@z3/core'
import { isMissing, withFileErrors } from './file-error.js'

/**
 * The directory of a store must be there. It is never made: where a mount is
 * missing, a backup would fill the system's own disk.
 *
 * @throws Z3Error `no-such-bucket`
 */
export async function checkRoot(root: string): Promise<void> {
  const found = await withFileErrors('cannot look at', root, () =>
    stat(root).catch(undefinedIfMissing),
  )
  if (found?.isDirectory()) return
  throw new Z3Error(
    'no-such-bucket',
    `the directory '${root}' ${found === undefined ? 'does not exist' : 'is not a directory'}`,
    { hint: 'Mount what should be there, or create the directory.' },
  )
}

/**
 * Is there a directory of each of these names, one in the other, below `root`?
 * A symbolic link is an error: whoever may write to the store could lead a
 * backup, run by root, anywhere. (Node has no openat(2), so someone who swaps
 * a directory for a link between this check and the use is not caught.)
 *
 * @throws Z3Error `store-rejected`
 */
export async function directoryExists(root: string, names: readonly string[]): Promise<boolean> {
  let path = root
  for (const name of names) {
    path = join(path, name)
    const found = await withFileErrors('cannot look at', path, () =>
      lstat(path).catch(undefinedIfMissing),
    )
    if (found?.isSymbolicLink()) throw isLink(path)
    if (!found?.isDirectory()) return false
  }
  return true
}

/** The error for a symbolic link inside of a store. */
export function isLink(path: string): Z3Error {
  return new Z3Error('store-rejected', `'${path}' is a symbolic link`, {
    hint: 'Symbolic links are not followed inside of a store: mount the other place there instead.',
  })
}

function undefinedIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
}
