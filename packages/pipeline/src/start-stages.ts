import type { Patience } from './pipeline-options.js'
import type { Stage } from './stage.js'
import { StageProcess, type StageEvents } from './stage-process.js'

/** Options of startStages. */
export interface StartOptions {
  readonly env: NodeJS.ProcessEnv
  readonly commit: boolean
  /** Standard input of the first stage: ours, or /dev/null. */
  readonly stdin: 'inherit' | 'ignore'
  /** Standard output of the last stage: ours, captured, or /dev/null. */
  readonly stdout: 'inherit' | 'capture' | 'ignore'
  readonly progressStage: number | undefined
  readonly patience: Patience
  readonly events: (index: number) => StageEvents
}

/**
 * Start the stages of a pipeline and connect them. The reader starts first: its input becomes the
 * output of the writer, so that Node never reads a byte. Our end of each pipe is destroyed as soon
 * as the writer has it; otherwise the writer would not notice a dead reader.
 *
 * @returns the stages by index; undefined before a stage that could not be started
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
