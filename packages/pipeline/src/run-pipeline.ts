import { findCulprit } from './find-culprit.js'
import { PipelineError } from './pipeline-error.js'
import type { PipelineOptions } from './pipeline-options.js'
import { PipelineRun } from './pipeline-run.js'
import type { Stage, StageResult } from './stage.js'

export interface PipelineResult {
  readonly stages: readonly StageResult[]
  /** The last MiB of the captured output of the last stage. */
  readonly stdout: string
}

/**
 * Run a pipeline without a shell. No bytes pass through this process. The first stage reads
 * /dev/null, unless it gets our input.
 *
 * When it returns or throws, every stage has ended, unless one hangs in the kernel, and all
 * descriptors are closed.
 *
 * @throws PipelineError `program-missing`, `stage-failed`: it names the stage that caused the
 *   failure
 * @throws the reason of the signal after an abort, unless the pipeline has succeeded
 */
export async function runPipeline(
  stages: readonly Stage[],
  options: PipelineOptions,
): Promise<PipelineResult> {
  if (stages.length === 0) throw new RangeError('a pipeline without stages')
  const { signal } = options
  signal.throwIfAborted()
  const run = new PipelineRun(stages, options)
  await run.over()
  if (run.defect) throw run.defect.error
  const { outcomes } = run
  const culprit = findCulprit(outcomes, run.commit)
  const results = outcomes.map(({ stage, status, stderr }) => ({
    stage,
    status,
    stderr,
  }))
  if (!culprit) return { stages: results, stdout: run.stdout }
  signal.throwIfAborted()
  throw new PipelineError(results, culprit)
}
