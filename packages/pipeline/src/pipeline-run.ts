import type { Commit, StageOutcome } from './find-culprit.js'
import { PATIENCE, type Patience, type PipelineOptions } from './pipeline-options.js'
import type { StageProcess } from './stage-process.js'
import type { Stage } from './stage.js'
import { startStages } from './start-stages.js'

/** A running pipeline: it sends the commit and ends stages. */
export class PipelineRun {
  commit: Commit
  /** The error that a callback threw. */
  defect: { readonly error: unknown } | undefined

  readonly #stages: readonly Stage[]
  readonly #signal: AbortSignal
  readonly #patience: Patience
  /** By index; undefined if the stage was not started. */
  readonly #processes: readonly (StageProcess | undefined)[]
  #ignoreSignals: () => void = () => undefined

  constructor(stages: readonly Stage[], options: PipelineOptions) {
    this.#stages = stages
    this.#signal = options.signal
    this.#patience = { ...PATIENCE, ...options.patience }
    this.commit = options.commit ? 'awaited' : 'none'
    this.#processes = startStages(stages, {
      // ours parse their messages, too
      env: { ...englishMessages(options.env), Z3_LOG_FORMAT: 'text' },
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

  /** The captured output of the last stage. */
  get stdout(): string {
    return this.#last?.stdout ?? ''
  }

  /** Wait until every stage has ended or was abandoned. */
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

  /** After its end, the message before the end must not change. */
  #awaitsCommit(): boolean {
    return this.commit === 'awaited' && this.#last?.status.kind === 'running'
  }

  /** An error of a callback aborts the pipeline, and is reported at its end. */
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

/** Signals that abort a run (watchSignals of cli). */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Listen for a second signal during an abort, before all existing listeners, since the last one may
 * end the process.
 *
 * @returns a function that stops listening
 */
function onSecondSignal(act: () => void): () => void {
  for (const signal of ENDING) process.prependListener(signal, act)
  return () => {
    for (const signal of ENDING) process.removeListener(signal, act)
  }
}

/**
 * An environment with English messages, since messages on standard error identify the failed stage.
 * The character encoding stays unchanged.
 */
export function englishMessages(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { LC_ALL, ...others } = env
  // LC_ALL overrides LC_MESSAGES: locale(7)
  const characters = LC_ALL ? { LANG: LC_ALL, LC_CTYPE: LC_ALL } : {}
  return { ...others, ...characters, LC_MESSAGES: 'C' }
}
