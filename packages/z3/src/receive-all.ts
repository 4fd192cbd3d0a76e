import type { Io } from '@z3/cli'
import type { Command, RestoreStep } from '@z3/core'
import type { Run } from '@z3/zfs'
import { checkReceived } from './check-received.js'
import type { Context } from './context.js'
import { openTransfers } from './transfers.js'

/** A step of a restore, and the programs that carry it out. */
export interface PreparedStep {
  readonly step: RestoreStep
  readonly commands: readonly Command[]
}

interface Receiving {
  readonly args: {
    readonly progress?: boolean | undefined
    readonly quiet?: boolean | undefined
    readonly verbose?: boolean | undefined
  }
  readonly io: Io
  readonly context: Context
  readonly signal: AbortSignal
}

/**
 * Receive one snapshot after the other, and see that each is there.
 *
 * @param received told the full name of each that is there
 * @throws Z3Error
 */
export async function receiveAll(
  { args, io, context, signal }: Receiving,
  zfs: Run,
  pipelines: readonly PreparedStep[],
  received: (name: string) => void,
): Promise<void> {
  const transfers = openTransfers(
    args,
    io,
    context,
    pipelines.map(({ step }) => step.object.bytes),
  )
  for (const { step, commands } of pipelines) {
    const { name, object } = step
    await transfers.run({ name, stages: commands, expected: object.bytes, commit: false }, signal)
    await checkReceived(zfs, step)
    received(name)
  }
}
