import type { Command } from '@z3/core'
import { PipelineError, type Transfers } from '@z3/pipeline'
import { explainPipeline } from '@z3/zfs'
import type { Source, Step, Target } from './endpoint.js'
import { NO_LINE, type Line } from './line.js'

/** Everything needed to execute the steps of a plan. */
export interface Job<S extends Step> {
  readonly source: Source<S>
  readonly target: Target<S>
  /** The filters of a stream; default: none. */
  readonly line?: (step: S) => Promise<Line>
  /** Undefined: a dry run, which shows streams and sends none. */
  readonly transfers: Pick<Transfers, 'run'> | undefined
  readonly signal: AbortSignal
  /** Called before a stream begins. */
  readonly onBegin?: (step: S) => void
  /** @param commands of a stream, to be shown to people */
  readonly onStream?: (step: S, commands: readonly Command[]) => void
  /**
   * Called when a stream has arrived and its version exists.
   *
   * @param output of the last command
   */
  readonly onArrived?: (step: S, output: string) => Promise<void> | void
  /**
   * Protect the received version as the parent of the next stream, before anything is destroyed.
   */
  readonly keep?: (step: S) => Promise<void>
  /** Make the received version usable, for example mount it. */
  readonly settle?: (step: S) => Promise<void>
  /** Release what protected the previous parent, and destroy obsolete snapshots. */
  readonly thin?: (step: S) => Promise<void>
  /** @returns the error to throw instead of a stream's error */
  readonly explain?: (error: unknown, step: S) => Promise<unknown>
  /**
   * Called when a program of a stream failed; the runner then checks whether the version arrived
   * anyway. Undefined: such a failure ends the run.
   */
  readonly onIgnored?: ((step: S, error: PipelineError) => void) | undefined
}

/**
 * Execute the steps of a plan, one stream after the other: send, receive, check that the version
 * has arrived, protect it, thin. An error in any of these ends the run; `onArrived` was called for
 * every version received until then.
 *
 * @throws Z3Error of the first failing step; the signal's reason
 */
export async function run<S extends Step>(steps: readonly S[], job: Job<S>): Promise<void> {
  for (const step of steps) {
    job.onBegin?.(step)
    const output = await stream(step, job)
    await job.onArrived?.(step, output)
    await job.keep?.(step)
    await job.settle?.(step)
    await job.thin?.(step)
  }
}

/**
 * @returns the output of the last command; '' in a dry run
 * @throws Z3Error
 */
async function stream<S extends Step>(step: S, job: Job<S>): Promise<string> {
  const { source, target, transfers } = job
  const line = (await job.line?.(step)) ?? NO_LINE
  const outgoing = [...(await source.send(step)), ...line.outgoing]
  const incoming = [...line.incoming, ...(await target.receive(step))]
  job.onStream?.(step, [
    ...source.host.shown(outgoing),
    ...line.between,
    ...target.host.shown(incoming),
  ])
  if (!transfers) return ''
  const sending = source.host.stages(outgoing)
  let output = ''
  try {
    output = await transfers.run(
      {
        name: step.name,
        stages: [...sending, ...line.between, ...target.host.stages(incoming)],
        reader: source.host.ssh === undefined ? 1 : sending.length,
        expected: await source.estimate(step),
        commit: target.commits === true,
      },
      job.signal,
    )
  } catch (error) {
    // other failures are then a consequence of the signal
    job.signal.throwIfAborted()
    // a lost connection explains all other errors
    const lost = (await source.host.lost()) ?? (await target.host.lost())
    if (lost) throw lost
    if (!job.onIgnored || !(error instanceof PipelineError)) {
      const explained = explainPipeline(error, [
        { host: source.host, commands: outgoing },
        { host: target.host, commands: incoming },
      ])
      throw (await job.explain?.(explained, step)) ?? explained
    }
    job.onIgnored(step, error)
  }
  await target.checkArrived(step, output)
  return output
}
