import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { Z3Error } from '@z3/core'

/** A file that appears under its name when it is whole, or not at all. */
export interface AtomicFile {
  readonly fd: number
  /** Make it durable and give it its name. */
  commit(): Promise<void>
  /** Drop it. */
  discard(): Promise<void>
}

/**
 * Begin a file beside where it shall be. Behind a symbolic link, that is where
 * the link leads.
 *
 * @throws Z3Error `output-failed`; `usage` if something stands there that is
 *   no file, as a device or a directory: it must not be replaced by one
 */
export async function createAtomicFile(name: string): Promise<AtomicFile> {
  const path = await destination(name)
  const directory = dirname(path)
  const temporary = join(directory, `.${basename(path)}.${randomBytes(4).toString('hex')}.part`)
  const handle = await open(temporary, 'wx').catch((cause: unknown) => {
    throw failed(path, cause)
  })
  return {
    fd: handle.fd,
    commit: async () => {
      try {
        await handle.sync()
        await handle.close()
        await rename(temporary, path)
        const parent = await open(directory, 'r')
        await parent.sync().finally(() => parent.close())
      } catch (cause) {
        throw failed(path, cause)
      }
    },
    discard: async () => {
      await handle.close()
      await rm(temporary, { force: true })
    },
  }
}

async function destination(name: string): Promise<string> {
  const found = await stat(name).catch(() => undefined)
  // nothing there, or no way to tell: opening the file beside it will say
  if (!found) return name
  if (found.isFile()) return realpath(name)
  throw found.isDirectory()
    ? new Z3Error('usage', `'${name}' is a directory`, {
        hint: 'Add the name of a file.',
      })
    : new Z3Error('usage', `'${name}' is not a file`, {
        hint: 'Leave --output out and redirect standard output to it.',
      })
}

function failed(path: string, cause: unknown): Z3Error {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Z3Error('no-space', `no space left for '${path}'`, {
      hint: 'Free space, then run again.',
      cause,
    })
  }
  // without the names of files that the user knows nothing of
  const [message] = (cause as Error).message.split(',')
  return new Z3Error('output-failed', `cannot write '${path}': ${String(message)}`, {
    hint: 'Check the directory and its permissions.',
    cause,
  })
}
