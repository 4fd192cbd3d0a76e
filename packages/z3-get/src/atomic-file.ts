import { open, rename, rm } from 'node:fs/promises'
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
 * Begin a file beside where it shall be.
 *
 * @throws Z3Error `output-failed`
 */
export async function createAtomicFile(path: string): Promise<AtomicFile> {
  const directory = dirname(path)
  const temporary = join(
    directory,
    `.${basename(path)}.${randomBytes(4).toString('hex')}.part`,
  )
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

function failed(path: string, cause: unknown): Z3Error {
  const { message } = cause as Error
  return new Z3Error('output-failed', `cannot write '${path}': ${message}`, {
    hint: 'Check the directory and its permissions.',
    cause,
  })
}
