import { Z3Error } from '@z3/core'
import { PipelineError } from '@z3/pipeline'
import { currentUser, zfsError } from '@z3/zfs'

/**
 * Where zfs is the stage that failed, what it says has a code and a way out of
 * its own, as when it runs alone: the `zfs allow` line for one.
 *
 * @param error of a pipeline
 * @returns what to throw in its place
 */
export function explainZfs(error: unknown): unknown {
  if (!(error instanceof PipelineError)) return error
  const culprit = error.stages[error.culprit]
  if (culprit?.stage.file !== 'zfs' || culprit.status.kind !== 'exited') {
    return error
  }
  const { code, hint } = zfsError({
    args: culprit.stage.args,
    stderr: culprit.stderr.join('\n'),
    code: culprit.status.code,
    signal: null,
    user: currentUser(),
  })
  if (hint === undefined) return error
  return new Z3Error(code === 'zfs-failed' ? error.code : code, error.message, {
    hint: `${hint.replace(/\.$/, '')}; ${String(error.hint)}`,
    cause: error,
  })
}
