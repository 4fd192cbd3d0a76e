import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { errno, withFileErrors } from './file-error.js'

/** What file systems answer that have no fsync(2) for a directory. */
const UNSUPPORTED = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF']

/** Make what was created, renamed or removed in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  await withFileErrors('cannot sync the directory', path, async () => {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } catch (error) {
      if (!UNSUPPORTED.includes(errno(error))) throw error
    } finally {
      await handle.close()
    }
  })
}

/**
 * The same for the directories of these names below `root`, from the innermost
 * to `root` itself: all of them, since another process may have made one and
 * died before it was durable.
 */
export async function syncDirectories(root: string, names: readonly string[]): Promise<void> {
  for (let depth = names.length; depth >= 0; depth--) {
    await syncDirectory(join(root, ...names.slice(0, depth)))
  }
}
