/** How long stages may take to end, milliseconds. */
export interface Patience {
  /**
   * What reads from a stage that failed, before SIGTERM: it sees the end of its
   * input, and pput has an upload to abort.
   */
  readonly downstream: number
  /**
   * What writes to a stage that is gone, before SIGTERM: zfs send may hang on
   * a reader that went away (openzfs#12500).
   */
  readonly upstream: number
  /**
   * After an abort, the stage that waits for the commit, before SIGTERM. It
   * has lost its input, and it may have the terminal's SIGINT already: to pput
   * a second signal means to end at once and to leave a pending upload.
   */
  readonly uncommitted: number
  /** From SIGTERM to SIGKILL. */
  readonly terminated: number
  /** From SIGKILL to the end of all waiting. */
  readonly killed: number
  /** From the end of a stage to the end of what a child of its own may say. */
  readonly messages: number
}

export const PATIENCE: Patience = {
  downstream: 60_000,
  upstream: 5_000,
  uncommitted: 5_000,
  terminated: 10_000,
  killed: 1_000,
  messages: 1_000,
}

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
