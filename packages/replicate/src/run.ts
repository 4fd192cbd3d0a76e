import type { Command } from '@z3/core'
import { PipelineError, type Transfers } from '@z3/pipeline'
import { explainPipeline } from '@z3/zfs'
import type { Source, Step, Target } from './endpoint.js'
import { NO_LINE, type Line } from './line.js'

/** What carries out the steps of a plan. */
export interface Job<S extends Step> {
  readonly source: Source<S>
  readonly target: Target<S>
  /** The filters of a stream; default: none. */
  readonly line?: (step: S) => Promise<Line>
  /** Undefined: a dry run. Streams are shown, and nothing is sent. */
  readonly transfers: Transfers | undefined
  readonly signal: AbortSignal
  /** A stream is about to begin. */
  readonly onBegin?: (step: S) => void
  /** @param commands of a stream, to be shown to people */
  readonly onStream?: (step: S, commands: readonly Command[]) => void
  /**
   * A stream has arrived, and the version is there.
   *
   * @param output of the last command
   */
  readonly onArrived?: (step: S, output: string) => Promise<void> | void
  /** Keep the received version as the base of the next stream, before anything is destroyed. */
  readonly keep?: (step: S) => Promise<void>
  /** Make the received version usable, for example mount it. */
  readonly settle?: (step: S) => Promise<void>
  /** Release what kept the base before, and destroy what is obsolete now. */
  readonly thin?: (step: S) => Promise<void>
  /** @returns what to throw in place of a stream's error */
  readonly explain?: (error: unknown, step: S) => Promise<unknown>
  /**
   * Called when a program of a stream failed; the runner then checks whether the version
   * arrived all the same. Undefined: such a failure ends the run.
   */
  readonly onIgnored?: ((step: S, error: PipelineError) => void) | undefined
}

/**
 * Carry out the steps of a plan, one stream after the other: send, receive, and check
 * that the version has arrived; then keep it, and thin. An error in any of these ends the
 * run; `onArrived` was called for every version received until then.
 *
 * @throws Z3Error of the first step that fails; the signal's reason
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
 * @returns what the last command has printed; '' in a dry run
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
    // what else is gone by then is so because of that
    job.signal.throwIfAborted()
    // a connection that is gone explains whatever else was said
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
