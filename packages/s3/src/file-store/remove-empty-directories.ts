import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { errno } from './file-error.js'

/**
 * Remove the directories of these names below `root`, from the innermost, as
 * far as they are empty; never `root`. It tidies up, so that a directory which
 * cannot be removed is left without an error.
 */
export async function removeEmptyDirectories(
  root: string,
  names: readonly string[],
): Promise<void> {
  for (let depth = names.length; depth > 0; depth--) {
    try {
      await rmdir(join(root, ...names.slice(0, depth)))
    } catch (error) {
      if (errno(error) !== 'ENOENT') return
    }
  }
}
