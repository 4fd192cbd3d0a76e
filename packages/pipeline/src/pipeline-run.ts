import type { Commit, StageOutcome } from './find-culprit.js'
import { PATIENCE, type Patience, type PipelineOptions } from './pipeline-options.js'
import type { StageProcess } from './stage-process.js'
import type { Stage } from './stage.js'
import { startStages } from './start-stages.js'

/** A pipeline that runs: who is told to commit, and who to end. */
export class PipelineRun {
  commit: Commit
  /** What a callback of the caller threw. */
  defect: { readonly error: unknown } | undefined

  readonly #stages: readonly Stage[]
  readonly #signal: AbortSignal
  readonly #patience: Patience
  /** By their place in the pipeline; none where a stage was not started. */
  readonly #processes: readonly (StageProcess | undefined)[]
  #ignoreSignals: () => void = () => undefined

  constructor(stages: readonly Stage[], options: PipelineOptions) {
    this.#stages = stages
    this.#signal = options.signal
    this.#patience = { ...PATIENCE, ...options.patience }
    this.commit = options.commit ? 'awaited' : 'none'
    this.#processes = startStages(stages, {
      env: englishMessages(options.env),
      commit: options.commit === true,
      stdin: options.stdin ?? 'ignore',
      stdout: options.stdout ?? (options.captureStdout ? 'capture' : 'ignore'),
      progressStage: options.progressStage,
      patience: this.#patience,
      events: (index) => ({
        onEnd: () => {
          this.#ended(index)
        },
        onLine: (line) => {
          this.#call(() => options.onStderr?.(index, line))
        },
      }),
    })
    options.signal.addEventListener('abort', this.#aborted)
    const pids = this.#processes.map((process) => process?.pid)
    if (pids.every((pid) => pid !== undefined)) {
      this.#call(() => options.onStarted?.(pids))
      this.#commitIfDone()
    }
  }

  get outcomes(): readonly (StageOutcome & { readonly stage: Stage })[] {
    return this.#stages.map(
      (stage, index) =>
        this.#processes[index] ?? {
          stage,
          status: { kind: 'not-started', cause: undefined },
          stderr: [],
          endedAt: Infinity,
          signalled: false,
        },
    )
  }

  /** What the last stage wrote, if that was captured. */
  get stdout(): string {
    return this.#last?.stdout ?? ''
  }

  /** Wait until every stage has ended, or was given up. */
  async over(): Promise<void> {
    await Promise.all(this.#processes.flatMap((process) => (process ? [process.over] : [])))
    this.#signal.removeEventListener('abort', this.#aborted)
    this.#ignoreSignals()
  }

  get #last(): StageProcess | undefined {
    return this.#processes.at(-1)
  }

  #ended(index: number): void {
    const process = this.#processes[index]
    if (process && succeeded(process)) {
      if (process !== this.#last) this.#commitIfDone()
      else if (this.commit === 'awaited') this.#failed(index)
    } else {
      this.#failed(index)
    }
  }

  #commitIfDone(): void {
    const others = this.#processes.slice(0, -1)
    if (!this.#awaitsCommit() || !others.every(succeeded)) return
    this.commit = 'given'
    this.#last?.commit?.end('commit\n')
  }

  #failed(index: number): void {
    this.#withhold()
    for (const [other, process] of this.#processes.entries()) {
      process?.endWithin(other < index ? this.#patience.upstream : this.#patience.downstream)
    }
  }

  readonly #aborted = (): void => {
    this.#withhold()
    this.#ignoreSignals = onSecondSignal(() => {
      for (const process of this.#processes) process?.kill()
    })
    for (const process of this.#processes) {
      const waits = process === this.#last && this.commit !== 'none'
      process?.endWithin(waits ? this.#patience.uncommitted : 0)
    }
  }

  #withhold(): void {
    if (!this.#awaitsCommit()) return
    this.commit = 'withheld'
    this.#last?.commit?.destroy()
  }

  /** Once it has ended, what it was told before must stay known. */
  #awaitsCommit(): boolean {
    return this.commit === 'awaited' && this.#last?.status.kind === 'running'
  }

  /** A callback that throws ends the pipeline, and is reported at its end. */
  #call(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      if (this.defect) return
      this.defect = { error }
      this.#withhold()
      for (const process of this.#processes) process?.endWithin(0)
    }
  }
}

function succeeded(process: StageProcess | undefined): boolean {
  return process?.status.kind === 'exited' && process.status.code === 0
}

/** Signals that ask a run to end (cli's watchSignals). */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Be called when a run that is ending is asked once more to end: before the
 * listeners that are there already, the last of which may end the process.
 *
 * @returns stop it
 */
function onSecondSignal(act: () => void): () => void {
  for (const signal of ENDING) process.prependListener(signal, act)
  return () => {
    for (const signal of ENDING) process.removeListener(signal, act)
  }
}

/**
 * An environment in which programs speak English, since what they say on
 * standard error tells whose fault a failure is. What they take for a character
 * stays as it is.
 */
export function englishMessages(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { LC_ALL, ...others } = env
  // LC_ALL would win over LC_MESSAGES: locale(7)
  const characters = LC_ALL ? { LANG: LC_ALL, LC_CTYPE: LC_ALL } : {}
  return { ...others, ...characters, LC_MESSAGES: 'C' }
}
