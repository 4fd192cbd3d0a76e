import type { LogEntry, LogFormat, LogLevel, Output } from '../io.js'
import { entryLines, HINT } from './write-log.js'

/** Priorities of sd-daemon(3). */
const PRIORITY: Readonly<Record<LogLevel, number>> = {
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
}

/** How a log is written. */
export interface LogOptions {
  /** The program, which begins its lines. */
  readonly name: string
  readonly format: LogFormat
  /** Begin each line with a priority for the journal of systemd. */
  readonly hasPriorities: boolean
}

/**
 * Standard error of a program. Text passes unchanged, unless the log is JSON, or the journal of
 * systemd reads it.
 */
export class LogOutput implements Output {
  readonly #output: Output
  readonly #name: string
  readonly #hasPriorities: boolean
  #format: LogFormat
  /** An unfinished line. */
  #rest = ''
  /** A line that waits for its hint, which is written right after it. */
  #held: LogEntry | undefined

  constructor(output: Output, { name, format, hasPriorities }: LogOptions) {
    this.#output = output
    this.#name = name
    this.#format = format
    this.#hasPriorities = hasPriorities
  }

  setFormat(format: LogFormat): void {
    this.flush()
    this.#format = format
  }

  /** Undefined: text passes unchanged. */
  get log(): ((entry: LogEntry) => void) | undefined {
    if (this.#format === 'text' && !this.#hasPriorities) return undefined
    return (entry) => {
      this.flush()
      this.#emit(entry)
    }
  }

  write(data: string | Uint8Array): unknown {
    if (!this.log) return this.#output.write(data)
    const text = typeof data === 'string' ? data : Buffer.from(data).toString('utf8')
    const lines = `${this.#rest}${text}`.split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#take(line)
    return true
  }

  /** Write what is held back. */
  flush(): void {
    const rest = this.#rest
    this.#rest = ''
    if (rest !== '') this.#take(rest)
    this.#release()
  }

  #take(line: string): void {
    if (line.startsWith(HINT) && this.#held) {
      this.#held = { ...this.#held, hint: line.slice(HINT.length) }
      return
    }
    this.#release()
    // an empty line only separates others
    if (line.trim() === '') return
    const start = `${this.#name}: `
    this.#held = line.startsWith(start)
      ? { level: 'info', message: line.slice(start.length) }
      : { level: 'info', message: line, prefix: '' }
    queueMicrotask(() => {
      this.#release()
    })
  }

  #release(): void {
    if (this.#held) this.#emit(this.#held)
    this.#held = undefined
  }

  #emit(entry: LogEntry): void {
    const { level, message, code, hint, dataset } = entry
    const lines =
      this.#format === 'text'
        ? entryLines(entry, this.#name)
        : [
            JSON.stringify({
              ...{ time: new Date().toISOString(), level, program: this.#name },
              ...{ message, code, hint, dataset },
            }),
          ]
    const priority = this.#hasPriorities ? `<${String(PRIORITY[level])}>` : ''
    this.#output.write(lines.map((line) => `${priority}${line}\n`).join(''))
  }
}
