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
  /** Standard output was closed when the program was started: what is written there is lost. */
  readonly stdoutClosed?: boolean
  /** Gets what the run learns; undefined: nobody wants to know. */
  readonly facts?: RunFacts
}

export interface Output {
  write(data: string | Uint8Array): unknown
}
