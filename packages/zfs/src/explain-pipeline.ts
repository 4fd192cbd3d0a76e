import { Z3Error, type Command } from '@z3/core'
import { PipelineError, type Stage } from '@z3/pipeline'
import { currentUser } from './run.js'
import type { Host } from './host.js'
import { zfsError } from './zfs-error.js'

/** The commands that a pipeline runs on one side of a connection. */
export interface SideCommands {
  readonly host: Host
  readonly commands: readonly Command[]
}

/** Exit status of `z3-ssh-sync serve` for a command that it refuses. */
const REFUSED = 126

const KEY_HINT =
  'The key permits certain commands only: see its line in authorized_keys on that host.'

/**
 * If zfs is the stage that failed, its message gets the code and the hint that it would have alone,
 * for example the `zfs allow` command. The message names the stage, and with it the host.
 *
 * @param error of a pipeline
 * @param sides of a pipeline to or from other hosts
 * @returns the error to throw instead
 */
export function explainPipeline(error: unknown, sides: readonly SideCommands[] = []): unknown {
  if (!(error instanceof PipelineError)) return error
  const culprit = error.stages[error.culprit]
  if (culprit?.status.kind !== 'exited') return error
  const { stage, status } = culprit
  const zfs = zfsOf(stage, sides)
  if (!zfs) return error
  const stderr = culprit.stderr.join('\n')
  if (status.code === REFUSED && /\bserve: not allowed: /.test(stderr)) {
    return because(error, 'not-permitted', error.message, KEY_HINT)
  }
  const { code, hint } = zfsError({
    args: zfs.args,
    stderr,
    code: status.code,
    signal: null,
    user: zfs.user,
  })
  const message = reasonFirst(error.message, culprit.stderr)
  if (hint === undefined && message === error.message) return error
  const known = code === 'zfs-failed' ? error.code : code
  return because(error, known, message, hint)
}

/** The zfs command that a stage runs; undefined for other stages. */
function zfsOf(
  stage: Stage,
  sides: readonly SideCommands[],
): { readonly args: readonly string[]; readonly user: string } | undefined {
  if (stage.file === 'zfs') return { args: stage.args, user: currentUser() }
  const side = sides.find(({ host, commands }) =>
    host.stages(commands).some((one) => isSame(one, stage)),
  )
  const zfs = side?.commands.find(({ file }) => file === 'zfs')
  // on this host, each filter is a stage
  return side?.host.ssh && zfs ? { args: zfs.args, user: side.host.user } : undefined
}

/**
 * zfs prints the reason first, then details: for an incomplete stream, three lines about resuming.
 */
function reasonFirst(message: string, stderr: readonly string[]): string {
  const last = stderr.at(-1)?.trim()
  const reason = stderr.find((line) => line.startsWith('cannot '))?.trim()
  return last !== undefined && reason !== undefined && message.endsWith(last)
    ? message.slice(0, message.length - last.length) + reason.replace(/\.$/, '')
    : message
}

function because(
  error: PipelineError,
  code: Z3Error['code'],
  message: string,
  hint: string | undefined,
): Z3Error {
  const advice = hint === undefined ? '' : `${hint.replace(/\.$/, '')}; `
  return new Z3Error(code, message, {
    hint: `${advice}${String(error.hint)}`,
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
