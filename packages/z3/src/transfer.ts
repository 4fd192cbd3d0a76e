import type { Io } from '@z3/cli'
import type { Command } from '@z3/core'
import { findProgram, renderPipeline, runPipeline } from '@z3/pipeline'
import type { Context } from './context.js'
import { explainZfs } from './explain-zfs.js'
import { launch } from './programs.js'
import { createProgress, type Progress } from './progress.js'

/** One pipeline to run. */
export interface Transfer {
  /** The snapshot, for progress. */
  readonly name: string
  readonly commands: readonly Command[]
  /** Bytes that leave the first command, where they can be known. */
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

/**
 * Prepare to run pipelines. Progress is shown by pv where it is there and a
 * terminal watches, as in z3; without it by ourselves.
 *
 * @param expected of each pipeline, in order: see Transfer
 */
export function createTransfers(
  args: {
    readonly progress?: boolean | undefined
    readonly quiet?: boolean | undefined
    readonly verbose?: boolean | undefined
  },
  io: Io,
  { env, say, tell }: Context,
  expected: readonly (number | undefined)[],
): Transfers {
  const watched = io.isTerminal(2) || args.progress === true
  const pv =
    io.isTerminal(2) && !args.quiet && findProgram('pv', env) !== undefined
  const progress: Progress | undefined =
    watched && !pv && !args.quiet ? createProgress(expected) : undefined
  return {
    run: async ({ name, commands, expected: size, commit }, signal) => {
      const shown = pv ? insertPv(commands, size) : commands
      tell(renderPipeline(shown))
      const said = (stage: number, line: string) => {
        tell(`${shown[stage]?.file ?? ''}: ${line}`)
      }
      try {
        const { stages, stdout } = await runPipeline(
          shown.map((command) => ({ name: command.file, ...launch(command) })),
          {
            env,
            signal,
            commit,
            captureStdout: true,
            ...(pv ? { progressStage: 1 } : {}),
            onStarted: (pids) => {
              progress?.begin(name, pids[1])
            },
            onStderr: said,
          },
        )
        // zfs receive exits 0 where it could not set a property, and says so
        for (const { stage, stderr } of stages) {
          if (stage.file === 'zfs' && !args.verbose) stderr.forEach(say)
        }
        return stdout
      } catch (error) {
        throw explainZfs(error)
      } finally {
        progress?.end()
      }
    },
  }
}

/** As in z3: behind the first command. */
function insertPv(
  [first, ...others]: readonly Command[],
  size: number | undefined,
): readonly Command[] {
  const pv: Command = {
    file: 'pv',
    args: size === undefined ? [] : ['--size', String(size)],
  }
  return first ? [first, pv, ...others] : []
}
