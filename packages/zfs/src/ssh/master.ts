import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Z3Error, type Command } from '@z3/core'

/**
 * Runs ssh ("$@") and ends it as soon as standard input ends, so that ssh cannot outlive this
 * process, even after SIGKILL. It ignores Ctrl-C, which a terminal sends to all processes: this
 * process ends in order, then ssh. Finally removes the directory of the socket ($0). The shell
 * itself writes nothing to stderr.
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

/** Bytes of ssh's stderr to keep, the last ones. */
const KEPT = 8 * 1024

/** Interval between checks for the connection, milliseconds. */
const LOOK = 20

/**
 * Total time to connect, milliseconds. ConnectTimeout covers the TCP connection and the key
 * exchange; then sshd allows 120 s for a login (LoginGraceTime), and a user may have to enter a
 * passphrase.
 */
const PATIENCE = 180_000

/** How long to wait for ssh to end, milliseconds. */
const ENDING = 5_000

/** How long to read stderr after the end of ssh, milliseconds. */
const LAST_WORDS = 500

/** An ssh master process, which holds a connection for others to use. */
export class Master {
  readonly #child: ChildProcess
  readonly #dir: SocketDir
  readonly #closed: Promise<void>
  #stderr = ''
  #ended = false
  #failure: Error | undefined

  /** @param command ssh with `masterOptions` for that directory */
  constructor(command: Command, dir: SocketDir, env: NodeJS.ProcessEnv) {
    this.#dir = dir
    this.#child = spawn('/bin/sh', ['-c', KEEPER, dir.dir, command.file, ...command.args], {
      env,
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-KEPT)
    })
    // ssh may have ended already
    this.#child.stdin?.on('error', () => undefined)
    this.#child.on('error', (error) => {
      this.#failure = error
    })
    this.#closed = this.#watch()
  }

  /** The last part of ssh's stderr. */
  get stderr(): string {
    return this.#stderr
  }

  /** Whether ssh has ended, for any reason. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * Wait until ssh is connected or has ended.
   *
   * @returns whether it is connected
   * @throws the signal's reason
   */
  async opened(signal: AbortSignal | undefined): Promise<boolean> {
    const due = performance.now() + PATIENCE
    // ssh creates the socket when it listens
    while (!existsSync(this.#dir.socket)) {
      signal?.throwIfAborted()
      if (this.#ended || performance.now() > due) return false
      await this.endsWithin(LOOK)
    }
    return true
  }

  /** End ssh. Commands that still use the connection are cut off. */
  async close(): Promise<void> {
    this.#child.stdin?.destroy()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ENDING)
    await this.#closed
    clearTimeout(timer)
    await this.#dir.remove()
  }

  /** Wait briefly for the end of ssh: commands notice a lost connection before it ends. */
  async endsWithin(milliseconds: number): Promise<boolean> {
    await Promise.race([this.#closed, sleep(milliseconds)])
    return this.#ended
  }

  /** Why ssh could not be started. */
  get failure(): Error | undefined {
    return this.#failure
  }

  async #watch(): Promise<void> {
    const read = once(this.#child, 'close').catch(() => undefined)
    // there is no 'exit' event if it could not be started
    await Promise.race([once(this.#child, 'exit').catch(() => undefined), read])
    // a ProxyCommand may run longer and inherits stderr
    await Promise.race([read, sleep(LAST_WORDS)])
    this.#ended = true
    this.#child.stdin?.destroy()
    this.#child.stderr?.destroy()
  }
}

/** sun_path has 104 bytes on FreeBSD and macOS, including the final NUL. */
const MAX_SOCKET = 103

/** ssh first creates the socket with a name longer by a dot and 16 letters. */
const ROOM = 17

/** A directory that only this user can read, and the name of a socket in it. */
interface SocketDir {
  readonly dir: string
  readonly socket: string
  remove(): Promise<void>
}

/**
 * Create a directory for the socket of a connection.
 *
 * @throws Z3Error `ssh-failed` if no directory is suitable
 */
export async function makeSocketDir(env: NodeJS.ProcessEnv): Promise<SocketDir> {
  const places = [env['XDG_RUNTIME_DIR'], env['TMPDIR'], tmpdir(), '/tmp']
  let reason: unknown
  for (const place of places) {
    // ssh expands ${} as a variable
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
    `no suitable directory for the ssh control socket${reason instanceof Error ? `: ${reason.message}` : ''}`,
    {
      hint: 'Set TMPDIR to a writable directory with a short path.',
      cause: reason,
    },
  )
}
