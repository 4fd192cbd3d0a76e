import type { RunFacts } from './monitor/run-facts.js'

/** What a binary's `main` has of the world; tests give it another one. */
export interface Io {
  readonly env: NodeJS.ProcessEnv
  /** Results. */
  readonly stdout: Output
  /** Everything else. */
  readonly stderr: Output
  /** Aborted when the user or the system asks the run to end. */
  readonly signal: AbortSignal
  /** Is this descriptor a terminal? */
  readonly isTerminal: (fd: number) => boolean
  /** Width of the terminal on descriptor 1 or 2; undefined or 0: not known. */
  readonly columns?: (fd: number) => number | undefined
  /** Lines that are redrawn on standard error; only if it is a terminal. */
  readonly live?: RedrawnLines
  /** The status text of the service that runs this program; it shows the first line. */
  readonly status?: RedrawnLines | undefined
  /** Standard output was closed when the program was started: what is written there is lost. */
  readonly stdoutClosed?: boolean
  /** Gets what the run learns; undefined: nobody wants to know. */
  readonly facts?: RunFacts
}

/** Lines at the bottom of a terminal; what is logged appears above. */
export interface RedrawnLines {
  /** Show these lines in place of the former ones; none: remove them. */
  show(lines: readonly string[]): void
  /** Columns of a line, and lines. */
  readonly room: { readonly width: number; readonly lines: number }
}

/** How messages are written to standard error. */
export type LogFormat = 'text' | 'json'

/** How urgent a message is. */
export type LogLevel = 'error' | 'warning' | 'notice' | 'info' | 'debug'

/** A message whose parts are known. All of them are printable. */
export interface LogEntry {
  readonly level: LogLevel
  readonly message: string
  /** Of the error. */
  readonly code?: string | undefined
  readonly hint?: string | undefined
  readonly dataset?: string | undefined
  /** Begins the text in place of the name of the program. */
  readonly prefix?: string
}

export interface Output {
  write(data: string | Uint8Array): unknown
  /** Writes an entry; undefined: the output takes text. */
  readonly log?: ((entry: LogEntry) => void) | undefined
  setFormat?(format: LogFormat): void
}
