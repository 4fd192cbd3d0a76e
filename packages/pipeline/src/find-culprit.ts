import type { Stage, StageStatus } from './stage.js'

/** What was seen of a stage. */
export interface StageOutcome {
  readonly stage?: Stage
  readonly status: StageStatus
  readonly stderr: readonly string[]
  /** When it was seen to end, milliseconds of one clock; Infinity if never. */
  readonly endedAt: number
  /** We had sent it a signal before it ended. */
  readonly signalled: boolean
}

/** What the last stage was told over its descriptor before it ended. */
export type Commit =
  | 'none' // it has no such descriptor
  | 'given'
  | 'withheld' // another stage had failed, or the run was aborted
  | 'awaited'

/** Whose fault it is that a pipeline failed. */
export interface Culprit {
  readonly index: number
  /**
   * `failed`: by its own status. `stopped-early`: it left what another stage
   * still had to write. `did-not-wait`: it succeeded before it was told to
   * commit.
   */
  readonly why: 'failed' | 'stopped-early' | 'did-not-wait'
}

/**
 * Ends that are seen within this time, milliseconds, are taken for simultaneous:
 * the kernel closes the pipes of a process before it reports its end, so that
 * what reads from it may be reported first.
 */
const SIMULTANEOUS = 200

/** What a shell reports for SIGPIPE. */
const SHELL_SIGPIPE = 128 + 13

/**
 * The first stage that failed for a reason of its own.
 *
 * Of the failures that follow from it, those upstream are told by what they
 * are: a write to a reader that is gone. Those downstream, of which the input
 * was cut short, look like any failure, but come later.
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
    // it is as it should be, unless it had left before
    return obeys && unread[index - 1] === 'no' ? undefined : 'failed'
  }
  const reasons = outcomes.flatMap((outcome, index) => {
    const why = reason(outcome, index)
    return why === undefined ? [] : [{ index, why, at: outcome.endedAt }]
  })
  const first = Math.min(...reasons.map(({ at }) => at))
  const own = reasons.find(({ at }) => at <= first + SIMULTANEOUS)
  if (own) return { index: own.index, why: own.why }
  // nobody says so, but who did not read can only be what comes next
  const writer = unread.findLastIndex((gone) => gone !== 'no')
  if (writer >= 0) return { index: writer + 1, why: 'stopped-early' }
  const index = outcomes.findIndex(hasFailed)
  return index < 0 ? undefined : { index, why: 'failed' }
}

/** Did a stage fail because its reader was gone? */
function wasUnread(
  outcome: StageOutcome,
  reader: StageOutcome | undefined,
): 'yes' | 'maybe' | 'no' {
  if (hasSigpipe(outcome)) return 'yes'
  if (outcome.status.kind !== 'exited' || !hasFailed(outcome)) return 'no'
  const said = outcome.stderr.map(readerGone)
  if (said.includes('yes')) return 'yes'
  return said.includes('maybe') && hasFailed(reader) ? 'maybe' : 'no'
}

/** pv exits 0 when its reader is gone, and else reads to the end. */
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

/** What write(2) says when nobody reads: Node's pipes are sockets, which reset. */
const BROKEN = /broken pipe|\bEPIPE\b|connection reset by peer|\bECONNRESET\b/i

/** Of the output, not of a connection that the program has to somewhere. */
const OUTPUT = /\bwrit(?:e|ing)\b|stdout|standard output|cannot send '/i

/** A write that failed for whatever reason. */
const WRITE_FAILED =
  /\bwrit(?:e|ing)\b.*(?:error|fail)|(?:error|fail|cannot|could not|unable).*\bwrit(?:e|ing)\b/i

/** Reasons that are not the reader's. */
const ELSEWHERE = /no space|quota|read-only|permission|input\/output/i

/**
 * Does a line that a program wrote to standard error say that what reads its
 * output is gone?
 *
 * @returns `yes`; `maybe` where it may be about something else
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
