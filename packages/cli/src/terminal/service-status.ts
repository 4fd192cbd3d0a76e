import type { ChildProcess } from 'node:child_process'
import type { RedrawnLines } from '../io.js'
import { printable } from '../report-error.js'

const PROGRAM = 'systemd-notify'

/** Least time between the starts of two programs, milliseconds. */
const EVERY = 5_000

/** A program that takes longer is killed, milliseconds. */
const LIMIT = 2_000

/** The same for the last one: the run has ended, perhaps by a signal. */
const LAST_LIMIT = 1_000

/** systemd takes messages of 4096 bytes at most, and a character may have four. */
const MOST = 500

/**
 * The status text of the service that runs this program, as `systemctl status` shows it: sd_notify(3).
 *
 * @returns undefined: no service manager waits for it
 */
export function openServiceStatus(env: NodeJS.ProcessEnv): ServiceStatus | undefined {
  return (env['NOTIFY_SOCKET'] ?? '') === '' ? undefined : new ServiceStatus(env)
}

/**
 * Shows one line as the status text. Node.js has no datagram sockets of the file system, so
 * systemd-notify(1) sends it. Nothing waits for that program, and its failure changes nothing.
 */
export class ServiceStatus implements RedrawnLines {
  readonly room = { width: MOST, lines: 1 }
  readonly #env: NodeJS.ProcessEnv
  readonly #every: number
  #wanted = ''
  #sent = ''
  #timer: NodeJS.Timeout | undefined
  #next = 0
  #running: Promise<void> | undefined
  #isMissing = false

  /** @param every milliseconds */
  constructor({ PATH, NOTIFY_SOCKET }: NodeJS.ProcessEnv, every = EVERY) {
    // it needs no key
    this.#env = { PATH, NOTIFY_SOCKET }
    this.#every = every
  }

  /** Show the first line from now on; none: nothing. */
  show([line = '']: readonly string[]): void {
    // a line end would begin another assignment, such as MAINPID=
    this.#wanted = printable(line).replaceAll('\n', ' ').slice(0, MOST)
    if (this.#timer !== undefined || this.#isMissing) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        void this.#send(LIMIT)
      },
      Math.max(0, this.#next - Date.now()),
    ).unref()
  }

  /** The run has ended: remove the text, which would stay until the next start of the service. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#wanted = ''
    await this.#running
    await this.#send(LAST_LIMIT)
  }

  async #send(limit: number): Promise<void> {
    if (this.#running || this.#isMissing || this.#wanted === this.#sent) return
    this.#sent = this.#wanted
    this.#next = Date.now() + this.#every
    this.#running = this.#run([`--status=${this.#sent}`], limit)
    await this.#running
    this.#running = undefined
  }

  #run(args: readonly string[], timeout: number): Promise<void> {
    return new Promise((resolve) => {
      let child: ChildProcess
      try {
        const { spawn } = process.getBuiltinModule('node:child_process')
        child = spawn(PROGRAM, args, {
          ...{ env: this.#env, stdio: 'ignore', timeout, killSignal: 'SIGKILL' },
        })
      } catch {
        // no more processes or descriptors
        resolve()
        return
      }
      child.on('error', ({ code }: NodeJS.ErrnoException) => {
        this.#isMissing ||= code === 'ENOENT'
        resolve()
      })
      child.on('exit', () => {
        resolve()
      })
    })
  }
}
