import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Z3Error, type Command } from '@z3/core'

/**
 * Runs ssh ("$@"), and ends it as soon as standard input ends: so that it goes
 * with us whatever ends us, be it SIGKILL. Ctrl-C, which a terminal sends to
 * all, is for us alone: we end in order, and it after us. The directory of the
 * socket ($0) is removed at the end. Of stderr the shell has no part.
 */
const KEEPER = `
trap '' HUP INT QUIT
exec 3<&0 </dev/null
"$@" 3<&- & ssh=$!
exec 2>/dev/null
{ read -r _ <&3; kill "$ssh"; } & watch=$!
exec 3<&-
wait "$ssh"; status=$?
kill "$watch"
rm -f "$0/s"; rmdir "$0"
exit "$status"
`

/** Bytes of what ssh said that are kept, the last ones. */
const KEPT = 8 * 1024

/** Pause between two looks at whether it is connected, milliseconds. */
const LOOK = 20

/**
 * How long an open may take in all, milliseconds. ConnectTimeout covers the
 * connection and the exchange of keys; after that sshd waits 120 s for a login
 * (LoginGraceTime), and a person may be asked for a passphrase.
 */
const PATIENCE = 180_000

/** How long to wait for ssh to end when it shall, milliseconds. */
const ENDING = 5_000

/** From its end to the end of what is still read of it, milliseconds. */
const LAST_WORDS = 500

/** An ssh that holds a connection for others to use. */
export class Master {
  readonly #child: ChildProcess
  readonly #dir: SocketDir
  readonly #closed: Promise<void>
  #stderr = ''
  #ended = false
  #failure: Error | undefined

  /** @param command an ssh with `masterOptions` for that directory */
  constructor(command: Command, dir: SocketDir, env: NodeJS.ProcessEnv) {
    this.#dir = dir
    this.#child = spawn('/bin/sh', ['-c', KEEPER, dir.dir, command.file, ...command.args], {
      env,
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-KEPT)
    })
    // it may be gone before we close it
    this.#child.stdin?.on('error', () => undefined)
    this.#child.on('error', (error) => {
      this.#failure = error
    })
    this.#closed = this.#watch()
  }

  /** What ssh said, the last of it. */
  get stderr(): string {
    return this.#stderr
  }

  /** Whether it has ended, for whatever reason. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * Wait until it is connected, or has ended.
   *
   * @returns whether it is connected
   * @throws the signal's reason
   */
  async opened(signal: AbortSignal | undefined): Promise<boolean> {
    const due = performance.now() + PATIENCE
    // ssh puts the socket there when it listens
    while (!existsSync(this.#dir.socket)) {
      signal?.throwIfAborted()
      if (this.#ended || performance.now() > due) return false
      await this.endsWithin(LOOK)
    }
    return true
  }

  /** End it. What still runs over the connection is cut off. */
  async close(): Promise<void> {
    this.#child.stdin?.destroy()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ENDING)
    await this.#closed
    clearTimeout(timer)
    await this.#dir.remove()
  }

  /** Wait a moment for its end: others see that it is gone before we do. */
  async endsWithin(milliseconds: number): Promise<boolean> {
    await Promise.race([this.#closed, sleep(milliseconds)])
    return this.#ended
  }

  /** Why it could not even be started. */
  get failure(): Error | undefined {
    return this.#failure
  }

  async #watch(): Promise<void> {
    const read = once(this.#child, 'close').catch(() => undefined)
    // it is not there to exit when it could not be started
    await Promise.race([once(this.#child, 'exit').catch(() => undefined), read])
    // a ProxyCommand may stay for a while, and has our end of stderr
    await Promise.race([read, sleep(LAST_WORDS)])
    this.#ended = true
    this.#child.stdin?.destroy()
    this.#child.stderr?.destroy()
  }
}

/** sun_path has 104 bytes on FreeBSD and macOS, with the final NUL. */
const MAX_SOCKET = 103

/** ssh makes the socket under a name that is longer by a dot and 16 letters. */
const ROOM = 17

/** A directory that nobody else can look into, and a name for a socket in it. */
interface SocketDir {
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
