import { constants, open, type FileHandle } from 'node:fs/promises'
import { Z3Error } from '@z3/core'
import { isMissing, withFileErrors } from './file-error.js'

/** A file that is open for reading. The caller closes it. */
export interface OpenFile {
  readonly handle: FileHandle
  /** Bytes. */
  readonly size: number
}

// a FIFO that somebody put there must not block us: hence O_NONBLOCK
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Open a regular file for reading; undefined if it is not there.
 *
 * @throws Z3Error `store-rejected`: a link, a directory, a device…
 */
export async function openRegular(path: string): Promise<OpenFile | undefined> {
  return await withFileErrors('cannot open', path, async () => {
    let handle: FileHandle
    try {
      handle = await open(path, FLAGS)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
    try {
      const found = await handle.stat()
      if (!found.isFile()) throw notRegular(path)
      return { handle, size: found.size }
    } catch (error) {
      await handle.close()
      throw error
    }
  })
}

function notRegular(path: string): Z3Error {
  return new Z3Error('store-rejected', `'${path}' is not a regular file`, {
    hint: 'Somebody else put it there: move it away.',
  })
}
