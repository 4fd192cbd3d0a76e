/** Time limits for stages to end, milliseconds. */
export interface Patience {
  /**
   * The readers of a failed stage, before SIGTERM: they see the end of their input, and pput aborts
   * its upload.
   */
  readonly downstream: number
  /**
   * The writers of a dead stage, before SIGTERM: zfs send may hang without its reader
   * (openzfs#12500).
   */
  readonly upstream: number
  /**
   * After an abort, the stage that waits for the commit, before SIGTERM. It has lost its input, and
   * may already have the terminal's SIGINT: after a second signal, pput ends at once and leaves a
   * pending upload.
   */
  readonly uncommitted: number
  /** From SIGTERM to SIGKILL. */
  readonly terminated: number
  /** From SIGKILL until the stage is abandoned. */
  readonly killed: number
  /** From the end of a stage to the end of the output of its children. */
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

/** Options of a pipeline. */
export interface PipelineOptions {
  readonly env: NodeJS.ProcessEnv
  /** Aborts the pipeline. */
  readonly signal: AbortSignal
  /**
   * The last stage has a descriptor 3. It reads the line `commit` there after all others have
   * exited 0, otherwise end of file.
   */
  readonly commit?: boolean
  /** Capture the output of the last stage (default: /dev/null). */
  readonly captureStdout?: boolean
  /** The first stage reads our standard input, which we must not have read (default: /dev/null). */
  readonly stdin?: 'inherit'
  /** The last stage writes to our standard output. It is not captured. */
  readonly stdout?: 'inherit'
  /** Index of a stage that writes to our standard error: pv. */
  readonly progressStage?: number
  /** Called once, after all stages have started, with their process ids. */
  readonly onStarted?: (pids: readonly number[]) => void
  /** Called with every non-empty line. */
  readonly onStderr?: (stage: number, line: string) => void
  readonly patience?: Partial<Patience>
}
