import type { Command } from '@z3/core'
import { findProgram } from './find-program.js'
import { createProgress, type Progress } from './progress.js'
import { renderPipeline, type Stage } from './stage.js'
import { runPipeline } from './run-pipeline.js'

/** One pipeline to run. */
export interface Transfer {
  /** The snapshot, for progress. */
  readonly name: string
  readonly stages: readonly Stage[]
  /** Index of the stage that reads the stream to be measured; default 1. */
  readonly reader?: number
  /** Bytes of that stream, where they can be known. */
  readonly expected: number | undefined
  /** The last command waits until somebody vouches for the others. */
  readonly commit: boolean
}

/** Runs pipelines one after the other. */
export interface Transfers {
  /**
   * @returns what the last command has written to its standard output
   * @throws Z3Error `stage-failed`, which names the first that failed
   */
  run(transfer: Transfer, signal: AbortSignal): Promise<string>
}

export interface TransfersOptions {
  readonly env: NodeJS.ProcessEnv
  /** Standard error is a terminal. */
  readonly isTerminal: boolean
  /** Show progress even where it is none. */
  readonly progress: boolean
  /** Show none at all. */
  readonly quiet: boolean
  /** `tell` shows what programs say. */
  readonly verbose: boolean
  /** Tell the user, unless `--quiet`. */
  readonly say: (line: string) => void
  /** Tell the user with `--verbose`. */
  readonly tell: (line: string) => void
  /** The command that is run for one that is shown; default: the same. */
  readonly launch?: (command: Command) => Stage
}

/**
 * Prepare to run pipelines. Progress is shown by pv where it is there and a
 * terminal watches, as in z3; without it by ourselves.
 *
 * @param expected of each pipeline, in order: see Transfer; undefined: it is not
 *   known yet how many there will be
 */
export function createTransfers(
  options: TransfersOptions,
  expected: readonly (number | undefined)[] | undefined,
): Transfers {
  const { env, isTerminal, quiet, verbose, say, tell } = options
  const launch = options.launch ?? ((command: Command): Stage => command)
  const pv = isTerminal && !quiet && findProgram('pv', env) !== undefined
  const progress: Progress | undefined =
    (isTerminal || options.progress) && !pv && !quiet ? createProgress(expected) : undefined
  return {
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
              progress?.begin(name, pids[reader], size)
            },
            onStderr: (stage, line) => {
              tell(`${stages[stage]?.name ?? stages[stage]?.file ?? ''}: ${line}`)
            },
          },
        )
        // zfs receive exits 0 where it could not set a property, and says so
        for (const [index, { stderr }] of results.stages.entries()) {
          if (isZfs(stages[index]) && !verbose) stderr.forEach(say)
        }
        return results.stdout
      } finally {
        progress?.end()
      }
    },
  }
}

function isZfs(stage: Stage | undefined): boolean {
  return stage?.file === 'zfs' || stage?.file === 'ssh'
}

function pvCommand(size: number | undefined): Command {
  return {
    file: 'pv',
    args: size === undefined ? [] : ['--size', String(size)],
  }
}
