import { EXIT, Z3Error } from '@z3/core'
import type { Culprit } from './find-culprit.js'
import { renderCommand, type Stage, type StageResult, type StageStatus } from './stage.js'

/** Maximum characters of a command line and of a message in an error. */
const SHOWN_COMMAND = 100
const SHOWN_IN_HINT = 40
const SHOWN_MESSAGE = 500

/** A hint of one of the toolkit's own programs. */
const HINT = /^hint: (?<hint>.*?)\.?$/

/** Why a program cannot be run, by error code. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such program',
  EACCES: 'not executable',
  E2BIG: 'its arguments are too long',
}

/** Signals that a program does not raise by itself. */
const FROM_OUTSIDE: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGHUP',
  'SIGINT',
  'SIGKILL',
  'SIGTERM',
])

/** The error of a failed pipeline, with the stage that caused it. */
export class PipelineError extends Z3Error {
  readonly stages: readonly StageResult[]
  /** Index of the stage that caused the failure. */
  readonly culprit: number

  constructor(stages: readonly StageResult[], { index, why }: Culprit) {
    const result = stages[index]
    if (!result) throw new RangeError(`no stage ${String(index)}`)
    const { status, stderr } = result
    const cause = status.kind === 'not-started' ? status.cause : undefined
    super(
      cause?.code === 'ENOENT' ? 'program-missing' : 'stage-failed',
      describe(result, why, stages[index - 1]),
      {
        hint: hint(stages, stderr),
        ...(cause === undefined ? {} : { cause }),
      },
    )
    this.stages = stages
    this.culprit = index
  }

  /** The exit status of our own program applies to the pipeline. */
  override get exitStatus(): number {
    const { stage, status } = this.stages[this.culprit] ?? {}
    return stage?.ours && status?.kind === 'exited' && PASSED_ON.has(status.code)
      ? status.code
      : super.exitStatus
  }
}

const PASSED_ON: ReadonlySet<number | null> = new Set([
  EXIT.integrity,
  EXIT.missing,
  EXIT.unchecked,
])

function describe(
  { stage, status, stderr }: StageResult,
  why: Culprit['why'],
  writer: StageResult | undefined,
): string {
  if (status.kind === 'not-started') {
    return `cannot run '${stage.file}': ${reason(status.cause)}`
  }
  const name = `'${shown(stage, SHOWN_COMMAND)}'`
  if (why === 'did-not-wait') {
    return `${name} exited 0 before it was told to commit`
  }
  if (why === 'stopped-early' && writer) {
    return `${name} ${ended(status)} before it had read all output of '${shown(writer.stage, SHOWN_COMMAND)}'`
  }
  // a stage that was killed could not report a reason
  const said =
    status.kind === 'killed' && FROM_OUTSIDE.has(status.signal)
      ? undefined
      : stderr.findLast((line) => !HINT.test(line))
  return `${name} ${ended(status)}${said === undefined ? '' : `: ${cut(said.trim(), SHOWN_MESSAGE)}`}`
}

/** The hint of the culprit, and the status of every stage. */
function hint(stages: readonly StageResult[], stderr: readonly string[]): string {
  const all = stages
    .map(({ stage, status }) => `'${shown(stage, SHOWN_IN_HINT)}' ${ended(status)}`)
    .join(', ')
  const advice = stderr
    .map((line) => HINT.exec(line)?.groups?.['hint'])
    .findLast((line) => line !== undefined)
  return `${advice === undefined ? '' : `${advice}; `}${all}.`
}

function ended(status: StageStatus): string {
  switch (status.kind) {
    case 'exited':
      return `exited ${String(status.code)}`
    case 'killed':
      return `was killed by ${status.signal}`
    case 'running':
      return 'did not end after SIGKILL'
    case 'not-started':
      return 'was not started'
  }
}

function reason(cause: NodeJS.ErrnoException | undefined): string {
  return REASONS[cause?.code ?? ''] ?? cause?.message ?? 'unknown'
}

function shown(stage: Stage, length: number): string {
  const name = stage.name ?? renderCommand(stage)
  return cut(name.replaceAll(/[\r\n]+/g, ' '), length)
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
