import type { Command } from '@z3/core'

/** One program of a pipeline. */
export interface Stage extends Command {
  /** What errors call it; default: its command line. */
  readonly name?: string
  /** A program of the toolkit: its exit statuses mean what EXIT says. */
  readonly ours?: boolean
}

/** What became of a stage. */
export type StageStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  /** It did not end, even when it was killed: it hangs in the kernel. */
  | { readonly kind: 'running' }
  /** `cause`: why; none for a stage whose reader could not be started. */
  | {
      readonly kind: 'not-started'
      readonly cause: NodeJS.ErrnoException | undefined
    }

/** A stage after the run. */
export interface StageResult {
  readonly stage: Stage
  readonly status: StageStatus
  /**
   * The last lines that it wrote to standard error, without empty ones: at most
   * 20, and 8 KiB. Control characters are as they came.
   */
  readonly stderr: readonly string[]
}
