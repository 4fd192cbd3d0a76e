import { unlink } from 'node:fs/promises'
import { isMissing, withFileErrors } from './file-error.js'

/**
 * Remove a file.
 *
 * @returns whether it was there
 */
export async function removeFile(path: string): Promise<boolean> {
  return await withFileErrors('cannot remove', path, async () => {
    try {
      await unlink(path)
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  })
}
