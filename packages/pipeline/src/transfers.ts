import type { Command } from '@z3/core'
import { findProgram } from './find-program.js'
import type { LinesOfTerminal } from './progress/board.js'
import { bytesRead } from './progress/meter.js'
import { createProgress, type ShownProgress } from './progress/progress.js'
import { renderPipeline, type Stage } from './stage.js'
import { runPipeline } from './run-pipeline.js'

/** One pipeline to run. */
export interface Transfer {
  /** The snapshot, for progress. */
  readonly name: string
  readonly stages: readonly Stage[]
  /** Index of the stage that reads the measured stream (default: 1). */
  readonly reader?: number
  /** Bytes of that stream, if known. */
  readonly expected: number | undefined
  /** The last command waits for the commit. */
  readonly commit: boolean
}

/** Runs pipelines one after the other. */
export interface Transfers {
  /**
   * @returns the standard output of the last command
   * @throws Z3Error `stage-failed`, which names the stage that failed
   */
  run(transfer: Transfer, signal: AbortSignal): Promise<string>
  /**
   * Show the progress of work that is no pipeline.
   *
   * @param name of the snapshot
   * @param size bytes, if known
   * @param work reports the bytes that it has done since its last report
   */
  measure<T>(
    name: string,
    size: number | undefined,
    work: (report: (bytes: number) => void) => Promise<T>,
  ): Promise<T>
}

/** By pv(1), or as this package shows it. */
type TransfersProgress = ShownProgress | { readonly kind: 'pv'; readonly otherwise: ShownProgress }

export interface TransfersOptions {
  readonly env: NodeJS.ProcessEnv
  /** How progress is shown; undefined: not at all. */
  readonly progress: TransfersProgress | undefined
  /** The status text of the service, which shows the progress, too; undefined: there is none. */
  readonly status?: LinesOfTerminal | undefined
  /** `tell` shows the messages of programs. */
  readonly verbose: boolean
  /** Print a line, unless `--quiet`. */
  readonly say: (line: string) => void
  /** Print a line with `--verbose`. */
  readonly tell: (line: string) => void
  /** Converts a shown command to the one that runs (default: the same). */
  readonly launch?: (command: Command) => Stage
}

/**
 * Prepare to run pipelines, and show their progress.
 *
 * @param expected bytes of each pipeline, in order; undefined: the number of pipelines is unknown
 */
export function createTransfers(
  options: TransfersOptions,
  expected: readonly (number | undefined)[] | undefined,
): Transfers {
  const { env, verbose, say, tell, status } = options
  const launch = options.launch ?? ((command: Command): Stage => command)
  const pv = options.progress?.kind === 'pv' && findProgram('pv', env) !== undefined
  const shown = options.progress?.kind === 'pv' ? options.progress.otherwise : options.progress
  const service = status ? [{ kind: 'live', lines: status, ellipsis: '...' } as const] : []
  const outputs = shown ? [shown, ...service] : service
  const progress = createProgress(expected, pv ? service : outputs)
  return {
    measure: async (name, size, work) => {
      // pv measures pipelines only
      const own = createProgress([size], outputs)
      let done = 0
      own.begin(name, () => done, size)
      try {
        return await work((bytes) => {
          done += bytes
        })
      } finally {
        own.end()
      }
    },
    run: async (transfer, signal) => {
      const { name, reader = 1, expected: size, commit } = transfer
      const stages = pv ? transfer.stages.toSpliced(reader, 0, pvCommand(size)) : transfer.stages
      tell(renderPipeline(stages))
      try {
        const results = await runPipeline(
          stages.map((stage) => ({
            name: stage.name ?? stage.file,
            ...launch(stage),
          })),
          {
            env,
            signal,
            commit,
            captureStdout: true,
            ...(pv ? { progressStage: reader } : {}),
            onStarted: (pids) => {
              const pid = pids[reader]
              const counter = pid === undefined ? undefined : () => bytesRead(pid)
              progress.begin(name, counter, size)
            },
            onStderr: (stage, line) => {
              tell(`${stages[stage]?.name ?? stages[stage]?.file ?? ''}: ${line}`)
            },
          },
        )
        // zfs receive exits 0 even if it could not set a property, and z3-get if the store has no
        // checksum: both print a message
        for (const [index, { stderr }] of results.stages.entries()) {
          if (isHeard(stages[index]) && !verbose) stderr.forEach(say)
        }
        return results.stdout
      } finally {
        progress.end()
      }
    },
  }
}

/** Programs that print warnings where they exit 0, and nothing else. */
const HEARD: readonly (string | undefined)[] = ['zfs', 'ssh', 'z3-get']

function isHeard(stage: Stage | undefined): boolean {
  return HEARD.includes(stage?.file)
}

function pvCommand(size: number | undefined): Command {
  return {
    file: 'pv',
    args: size === undefined ? [] : ['--size', String(size)],
  }
}
