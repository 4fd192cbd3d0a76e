import { Z3Error, type Command } from '@z3/core'
import { PipelineError, type Stage } from '@z3/pipeline'
import { zfsError, type Host } from '@z3/zfs'

/** What a pipeline runs on one side of the line. */
export interface SideCommands {
  readonly host: Host
  readonly commands: readonly Command[]
}

/** What `serve` exits with when it does not run a command. */
const REFUSED = 126

/**
 * Where zfs is what failed, what it says has a code and a way out of its own, as
 * when it runs alone: the `zfs allow` line for one. The message is what zfs said,
 * all of it: its last line may be the end of a sentence.
 *
 * @param error of a pipeline
 * @returns what to throw in its place
 */
export function explainFailure(
  error: unknown,
  sides: readonly SideCommands[],
): unknown {
  if (!(error instanceof PipelineError)) return error
  const culprit = error.stages[error.culprit]
  if (culprit?.status.kind !== 'exited') return error
  const { stage, status } = culprit
  const side = sides.find(({ host, commands }) =>
    host.stages(commands).some((one) => isSame(one, stage)),
  )
  const zfs = side?.commands.find(({ file }) => file === 'zfs')
  // a filter here is a stage of its own
  if (!side || !zfs || (!side.host.target && stage.file !== 'zfs')) return error
  const stderr = culprit.stderr.join('\n')
  if (status.code === REFUSED && /\bserve: not allowed: /.test(stderr)) {
    return because(error, 'not-permitted', KEY_HINT)
  }
  const { code, message, hint } = zfsError({
    args: zfs.args,
    stderr,
    code: status.code,
    signal: null,
    user: side.host.user,
    host: side.host.target ? side.host.title : undefined,
  })
  return hint === undefined
    ? error
    : because(error, code === 'zfs-failed' ? error.code : code, hint, message)
}

const KEY_HINT =
  'The key is for some commands only: see its line in authorized_keys there.'

function because(
  error: PipelineError,
  code: Z3Error['code'],
  hint: string,
  message = error.message,
): Z3Error {
  return new Z3Error(code, message, {
    hint: `${hint.replace(/\.$/, '')}; ${String(error.hint)}`,
    cause: error,
  })
}

function isSame(one: Stage, other: Stage): boolean {
  return (
    one.file === other.file &&
    one.args.length === other.args.length &&
    one.args.every((word, index) => word === other.args[index])
  )
}
