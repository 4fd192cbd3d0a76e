import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Create a directory and its missing parents. Node's own `recursive` never returns where mkdir(2)
 * answers ENOENT although the parent exists, as in /proc.
 *
 * @param mode of each new directory
 * @throws the error of the file system
 */
export async function makeDirectories(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, mode)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeDirectories(dirname(path), mode)
      await makeOne(path, mode)
    } else if (!(await isDirectory(path))) {
      throw error
    }
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, mode)
  } catch (error) {
    // another process may have made it
    if (!(await isDirectory(path))) throw error
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
