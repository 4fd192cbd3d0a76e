import type { Patience } from './patience.js'

/** How a pipeline is run. */
export interface PipelineOptions {
  readonly env: NodeJS.ProcessEnv
  /** Ends the pipeline. */
  readonly signal: AbortSignal
  /**
   * The last stage has a descriptor 3, on which it reads the line `commit` when
   * all others have exited 0, and else the end of file.
   */
  readonly commit?: boolean
  /** Keep what the last stage writes; default: it goes to /dev/null. */
  readonly captureStdout?: boolean
  /**
   * The first stage reads our standard input, which we must not have touched;
   * default: /dev/null.
   */
  readonly stdin?: 'inherit'
  /** The last stage writes to our standard output. It is not captured. */
  readonly stdout?: 'inherit'
  /** Index of a stage that writes to our standard error: pv. */
  readonly progressStage?: number
  /** Called once, when all run, with their process ids. */
  readonly onStarted?: (pids: readonly number[]) => void
  /** Called with every line that is not empty. */
  readonly onStderr?: (stage: number, line: string) => void
  readonly patience?: Partial<Patience>
}
