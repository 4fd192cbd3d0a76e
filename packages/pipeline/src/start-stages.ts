import type { Patience } from './pipeline-options.js'
import type { Stage } from './stage.js'
import { StageProcess, type StageEvents } from './stage-process.js'

/** How stages are started. */
export interface StartOptions {
  readonly env: NodeJS.ProcessEnv
  readonly commit: boolean
  /** Of the first stage: the caller's, or /dev/null. */
  readonly stdin: 'inherit' | 'ignore'
  /** Of the last stage: the caller's, kept, or /dev/null. */
  readonly stdout: 'inherit' | 'capture' | 'ignore'
  readonly progressStage: number | undefined
  readonly patience: Patience
  readonly events: (index: number) => StageEvents
}

/**
 * Start the stages of a pipeline and connect them. The reader comes first: its
 * input is the writer's output, and Node, which would read from a writer that
 * has no reader yet, never sees a byte. Our end of each pipe is destroyed as
 * soon as the writer has it, or nobody would notice that a reader is gone.
 *
 * @returns by their place in the pipeline; none before a stage that could not be
 *   started
 */
export function startStages(
  stages: readonly Stage[],
  options: StartOptions,
): readonly (StageProcess | undefined)[] {
  const last = stages.length - 1
  const processes = stages.map((): StageProcess | undefined => undefined)
  for (const [index, stage] of [...stages.entries()].reverse()) {
    const reader = processes[index + 1]
    const process = new StageProcess(
      stage,
      {
        env: options.env,
        stdin: index > 0 ? 'pipe' : options.stdin,
        stdout: reader?.stdin ?? options.stdout,
        showsErrors: index === options.progressStage,
        commits: index === last && options.commit,
      },
      options.patience,
      options.events(index),
    )
    reader?.stdin?.destroy()
    processes[index] = process
    if (process.pid === undefined) break
  }
  return processes
}
