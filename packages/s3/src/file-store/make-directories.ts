import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Z3Error } from '@z3/core'
import { directoryExists } from './check-directories.js'
import { errno, withFileErrors } from './file-error.js'

/**
 * Make the directories of these names, one in the other, below `root`, where
 * they are not there yet. Not mkdir's own `recursive`, which follows links.
 * They are fsynced when an object in them is committed.
 *
 * @throws Z3Error `store-rejected`: a link or a file is in the way
 */
export async function makeDirectories(root: string, names: readonly string[]): Promise<void> {
  for (let depth = 1; depth <= names.length; depth++) {
    const upTo = names.slice(0, depth)
    const path = join(root, ...upTo)
    await withFileErrors('cannot create the directory', path, async () => {
      try {
        await mkdir(path)
      } catch (error) {
        if (errno(error) !== 'EEXIST') throw error
        // the names before are known by now
        if (!(await directoryExists(join(path, '..'), upTo.slice(-1)))) {
          throw inTheWay(path)
        }
      }
    })
  }
}

function inTheWay(path: string): Z3Error {
  return new Z3Error('store-rejected', `'${path}' is not a directory`, {
    hint: 'Move the file that is in the way of the store.',
  })
}
