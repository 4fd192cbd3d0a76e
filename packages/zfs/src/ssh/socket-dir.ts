import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Z3Error } from '@z3/core'

/** sun_path has 104 bytes on FreeBSD and macOS, with the final NUL. */
const MAX_SOCKET = 103

/** ssh makes the socket under a name that is longer by a dot and 16 letters. */
const ROOM = 17

/** A directory that nobody else can look into, and a name for a socket in it. */
export interface SocketDir {
  readonly dir: string
  readonly socket: string
  remove(): Promise<void>
}

/**
 * Make a directory for the socket of a connection.
 *
 * @throws Z3Error `ssh-failed` when there is no place for it
 */
export async function makeSocketDir(env: NodeJS.ProcessEnv): Promise<SocketDir> {
  const places = [env['XDG_RUNTIME_DIR'], env['TMPDIR'], tmpdir(), '/tmp']
  let reason: unknown
  for (const place of places) {
    // ssh takes ${} in it for a variable
    if (!place?.startsWith('/') || place.includes('${')) continue
    try {
      const dir = await mkdtemp(join(place, 'z3-ssh-'))
      const socket = join(dir, 's')
      const remove = async (): Promise<void> => {
        await rm(dir, { recursive: true, force: true })
      }
      if (Buffer.byteLength(socket) + ROOM <= MAX_SOCKET) {
        return { dir, socket, remove }
      }
      await remove()
    } catch (error) {
      reason = error
    }
  }
  throw new Z3Error(
    'ssh-failed',
    `there is no place for the socket of a connection${reason instanceof Error ? `: ${reason.message}` : ''}`,
    {
      hint: 'Set TMPDIR to a directory with a short name that can be written to.',
      cause: reason,
    },
  )
}
