import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { Z3Error } from '@z3/core'

/** A file that appears under its name only when it is complete. */
export interface AtomicFile {
  readonly fd: number
  /**
   * Write a text at the current position.
   *
   * @throws Z3Error `output-failed`, `no-space`
   */
  write(text: string): Promise<void>
  /** Make it durable and rename it to its name. */
  commit(): Promise<void>
  /** Delete it. */
  discard(): Promise<void>
}

/**
 * Create a temporary file, with mode 0666 minus umask, in the directory of the target, following a
 * symbolic link.
 *
 * @throws Z3Error `output-failed`; `usage` if the target is a device, a directory or another
 *   non-regular file, which must not be replaced
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
    write: async (text) => {
      await handle.writeFile(text).catch((cause: unknown) => {
        throw failed(path, cause)
      })
    },
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
  // it does not exist or cannot be checked: opening the temporary file will report that
  if (!found) return name
  if (found.isFile()) return realpath(name)
  throw found.isDirectory()
    ? new Z3Error('usage', `'${name}' is a directory`, {
        hint: 'Add a file name.',
      })
    : new Z3Error('usage', `'${name}' is not a file`, {
        hint: 'Omit --output and redirect standard output to it.',
      })
}

function failed(path: string, cause: unknown): Z3Error {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Z3Error('no-space', `no space left for '${path}'`, {
      hint: 'Free space, then retry.',
      cause,
    })
  }
  // without the name of the temporary file
  const [message] = (cause as Error).message.split(',')
  return new Z3Error('output-failed', `cannot write '${path}': ${String(message)}`, {
    hint: 'Check the directory and its permissions.',
    cause,
  })
}
