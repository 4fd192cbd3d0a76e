import type { Settings } from '@z3/config'
import type { Io } from '../io.js'
import type { FinishedRun } from './finished-run.js'
import { LogTail } from './log-tail.js'
import type { Ping } from './ping.js'

/** Time for NOTIFY_COMMAND, milliseconds. */
const NOTIFY_TIMEOUT = 60_000

/** The same, and for a ping, after a signal: programs heed signals within 10 s. */
const AFTER_SIGNAL = 2_000

/** Where a run is reported. */
export class Reports {
  /** In place of standard error. */
  readonly log: LogTail
  readonly #settings: Settings
  readonly #io: Io
  readonly #warn: (line: string) => void
  readonly #ping: Ping | undefined

  private constructor(
    settings: Settings,
    io: Io,
    warn: (line: string) => void,
    log: LogTail,
    ping: Ping | undefined,
  ) {
    this.#settings = settings
    this.#io = io
    this.#warn = warn
    this.log = log
    this.#ping = ping
  }

  /** Prepare the reports, and report the start. What is not asked for is not loaded. */
  static async open(
    name: string,
    settings: Settings,
    io: Io,
    warn: (line: string) => void,
  ): Promise<Reports> {
    const { PING_URL: url } = settings
    const log = new LogTail(io.stderr, name, secretsOf(settings))
    if (url === undefined) return new Reports(settings, io, warn, log, undefined)
    const { PING_TIMEOUT, startPing } = await import('./ping.js')
    const limit = () => (io.signal.aborted ? AFTER_SIGNAL : PING_TIMEOUT)
    return new Reports(settings, io, warn, log, startPing(url, limit, io.signal, warn))
  }

  /** Report the end of the run. */
  async write(run: FinishedRun): Promise<void> {
    const { METRICS_FILE: file, NOTIFY_COMMAND: command } = this.#settings
    const isSuccess = run.status === 0
    const duration = run.duration.toFixed(1)
    const last = `${run.program}: exit status ${String(run.status)} after ${duration} s\n`
    const text = `${this.log.text}${last}`
    const tasks: Promise<void>[] = []
    if (file !== undefined) {
      const update = async () => {
        const { updateMetricsFile } = await import('./metrics-file.js')
        await updateMetricsFile(file, run, this.#warn)
      }
      tasks.push(this.#attempt('cannot write METRICS_FILE', update))
    }
    if (this.#ping) tasks.push(this.#ping.end(isSuccess, text))
    if (command !== undefined && !isSuccess) {
      const limit = this.#io.signal.aborted ? AFTER_SIGNAL : NOTIFY_TIMEOUT
      const execute = async () => {
        const { notify } = await import('./notify.js')
        await notify(command, run, text, this.#io.env, limit)
      }
      tasks.push(this.#attempt('NOTIFY_COMMAND failed', execute))
    }
    await Promise.all(tasks)
  }

  async #attempt(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      this.#warn(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

function secretsOf(settings: Settings): readonly string[] {
  const { S3_KEY_ID, S3_SECRET, S3_SESSION_TOKEN, PING_URL } = settings
  return [S3_KEY_ID, S3_SECRET, S3_SESSION_TOKEN, PING_URL].filter(
    (one): one is string => one !== undefined,
  )
}
