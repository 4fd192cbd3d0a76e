import type { Stage, StageStatus } from './stage.js'

/** The observed end of a stage. */
export interface StageOutcome {
  readonly stage?: Stage
  readonly status: StageStatus
  readonly stderr: readonly string[]
  /** Time of its observed end, milliseconds of one clock; Infinity if never. */
  readonly endedAt: number
  /** z3 sent a signal to the stage before it ended. */
  readonly signalled: boolean
}

/** The message to the last stage on its descriptor before it ended. */
export type Commit =
  | 'none' // it has no such descriptor
  | 'given'
  | 'withheld' // another stage had failed, or the run was aborted
  | 'awaited'

/** The stage that caused the failure of a pipeline. */
export interface Culprit {
  readonly index: number
  /**
   * `failed`: by its own status. `stopped-early`: it ended before its writer. `did-not-wait`: it
   * succeeded without the commit.
   */
  readonly why: 'failed' | 'stopped-early' | 'did-not-wait'
}

/**
 * Ends within this time, milliseconds, count as simultaneous: the kernel closes the pipes of a
 * process before it reports its end, so the end of its reader may be reported first.
 */
const SIMULTANEOUS = 200

/** The exit status that a shell reports for SIGPIPE. */
const SHELL_SIGPIPE = 128 + 13

/**
 * Find the first stage with a failure that no other stage caused.
 *
 * Resulting failures upstream are recognized as writes to a dead reader. Resulting failures
 * downstream, after truncated input, look like any failure, but come later.
 *
 * @returns undefined when every stage has succeeded
 */
export function findCulprit(
  outcomes: readonly StageOutcome[],
  commit: Commit,
): Culprit | undefined {
  const last = outcomes.length - 1
  const unread = outcomes.map((outcome, index) =>
    index === last ? 'no' : wasUnread(outcome, outcomes[index + 1]),
  )
  for (const [index, outcome] of outcomes.entries()) {
    const left = unread[index - 1] === 'yes' && !hasFailed(outcome)
    if (left && index < last && isQuiet(outcome)) unread[index] = 'yes'
  }
  const reason = (outcome: StageOutcome, index: number): Culprit['why'] | undefined => {
    if (!hasFailed(outcome)) {
      if (unread[index] === 'yes') return undefined
      if (unread[index - 1] === 'yes') return 'stopped-early'
      const waited = commit === 'none' || commit === 'given'
      return index === last && !waited ? 'did-not-wait' : undefined
    }
    if (outcome.signalled || unread[index] !== 'no') return undefined
    const obeys = index === last && commit === 'withheld'
    // expected, unless the stage had ended before
    return obeys && unread[index - 1] === 'no' ? undefined : 'failed'
  }
  const reasons = outcomes.flatMap((outcome, index) => {
    const why = reason(outcome, index)
    return why === undefined ? [] : [{ index, why, at: outcome.endedAt }]
  })
  const first = Math.min(...reasons.map(({ at }) => at))
  const own = reasons.find(({ at }) => at <= first + SIMULTANEOUS)
  if (own) return { index: own.index, why: own.why }
  // no message says so, but only the next stage can be the one that stopped reading
  const writer = unread.findLastIndex((gone) => gone !== 'no')
  if (writer >= 0) return { index: writer + 1, why: 'stopped-early' }
  const index = outcomes.findIndex(hasFailed)
  return index < 0 ? undefined : { index, why: 'failed' }
}

/** Whether a stage failed because its reader was gone. */
function wasUnread(
  outcome: StageOutcome,
  reader: StageOutcome | undefined,
): 'yes' | 'maybe' | 'no' {
  if (hasSigpipe(outcome)) return 'yes'
  if (outcome.status.kind !== 'exited' || !hasFailed(outcome)) return 'no'
  const said = outcome.stderr.map(readerGone)
  if (said.includes('yes')) return 'yes'
  if (isSilentSsh(outcome) && reader && hasOwnMessage(reader)) return 'maybe'
  return said.includes('maybe') && hasFailed(reader) ? 'maybe' : 'no'
}

/** The exit status of ssh for its own errors, and for a remote program that a signal ended. */
const SSH_FAILED = 255

/** ssh with a shared connection says nothing when the reader of its output is gone. */
function isSilentSsh({ stage, status, stderr }: StageOutcome): boolean {
  const isFailure = status.kind === 'exited' && status.code === SSH_FAILED
  return stage?.file === 'ssh' && isFailure && stderr.length === 0
}

/** What a program says whose input ended too early. */
const INPUT_CUT = /incomplete|truncated|unexpected|end of (?:file|input|stream)|failed to read|EOF/i

/** Whether a stage failed, and gave a reason that is not its input. */
function hasOwnMessage(outcome: StageOutcome): boolean {
  const { stderr } = outcome
  return hasFailed(outcome) && stderr.length > 0 && !stderr.some((line) => INPUT_CUT.test(line))
}

/** pv exits 0 when its reader is gone; otherwise it reads to the end. */
function isQuiet({ stage }: StageOutcome): boolean {
  return stage?.file === 'pv'
}

function hasFailed(outcome: StageOutcome | undefined): boolean {
  const status = outcome?.status
  return status?.kind !== 'exited' || status.code !== 0
}

function hasSigpipe(outcome: StageOutcome | undefined): boolean {
  const status = outcome?.status
  return status?.kind === 'killed'
    ? status.signal === 'SIGPIPE'
    : status?.kind === 'exited' && status.code === SHELL_SIGPIPE
}

/** Messages of write(2) without a reader. Node's pipes are sockets, which are reset. */
const BROKEN = /broken pipe|\bEPIPE\b|connection reset by peer|\bECONNRESET\b/i

/** About the output, not about a network connection of the program. */
const OUTPUT = /\bwrit(?:e|ing)\b|stdout|standard output|cannot send '/i

/** A write that failed for any reason. */
const WRITE_FAILED =
  /\bwrit(?:e|ing)\b.*(?:error|fail)|(?:error|fail|cannot|could not|unable).*\bwrit(?:e|ing)\b/i

/** Reasons that the reader did not cause. */
const ELSEWHERE = /no space|quota|read-only|permission|input\/output/i

/**
 * Whether a line of standard error reports that the reader of the output is gone.
 *
 * @returns `maybe` if the line may be about something else
 */
export function readerGone(line: string): 'yes' | 'maybe' | 'no' {
  if (line.includes('the program that reads the output ended')) return 'yes' // z3-get
  // z3-get, of the server
  if (line.includes('no usable answer') || line.includes('://')) return 'no'
  if (BROKEN.test(line)) {
    if (OUTPUT.test(line)) return 'yes'
    return /broken pipe|\bEPIPE\b/i.test(line) ? 'maybe' : 'no'
  }
  return WRITE_FAILED.test(line) && !ELSEWHERE.test(line) ? 'maybe' : 'no'
}
