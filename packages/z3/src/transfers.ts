import type { Io } from '@z3/cli'
import { createTransfers, type Transfers } from '@z3/pipeline'
import { explainPipeline } from '@z3/zfs'
import type { Context } from './context.js'
import { launch } from './programs.js'

/**
 * Prepare to run pipelines as the arguments say.
 *
 * @param expected bytes of each, where they are known
 */
export function openTransfers(
  args: {
    readonly progress?: boolean | undefined
    readonly quiet?: boolean | undefined
    readonly verbose?: boolean | undefined
  },
  io: Io,
  { env, say, tell }: Context,
  expected: readonly (number | undefined)[],
): Transfers {
  const transfers = createTransfers(
    {
      env,
      isTerminal: io.isTerminal(2),
      progress: args.progress === true,
      quiet: args.quiet === true,
      verbose: args.verbose === true,
      say,
      tell,
      launch,
    },
    expected,
  )
  return {
    run: async (transfer, signal) => {
      try {
        return await transfers.run(transfer, signal)
      } catch (error) {
        throw explainPipeline(error)
      }
    },
  }
}
