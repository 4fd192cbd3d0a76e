import { findCulprit } from './find-culprit.js'
import { PipelineError } from './pipeline-error.js'
import type { PipelineOptions } from './pipeline-options.js'
import { PipelineRun } from './pipeline-run.js'
import type { Stage, StageResult } from './stage.js'

export interface PipelineResult {
  readonly stages: readonly StageResult[]
  /** The last MiB of what the last stage wrote, if it was to be captured. */
  readonly stdout: string
}

/**
 * Run a pipeline: without a shell, the bytes going from stage to stage by
 * themselves. The first one reads /dev/null, unless it is given our input.
 *
 * When it returns or throws, every stage has ended, unless one hangs in the
 * kernel, and nothing is left open.
 *
 * @throws PipelineError `program-missing`, `stage-failed`: it names the first
 *   stage that failed for a reason of its own
 * @throws the signal's reason, if that is aborted and the pipeline has not
 *   succeeded all the same
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
