import type { Io } from '@z3/cli'
import { parseSnapshotName, Z3Error, type Command, type RestoreStep } from '@z3/core'
import { ifThere, listSnapshots, type Run } from '@z3/zfs'
import type { Context } from '../context.js'
import { openTransfers } from '../programs.js'

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

/**
 * What zfs reports is not enough to say that it is there: look.
 *
 * @throws Z3Error `not-restored`
 */
async function checkReceived(zfs: Run, { name, object }: RestoreStep): Promise<void> {
  const { dataset, snapshot } = parseSnapshotName(name)
  const there = (await ifThere(listSnapshots(zfs, dataset))) ?? []
  const received = there.find((one) => one.snapshot === snapshot)
  if (received && (object.guid ?? received.guid) === received.guid) return
  throw new Z3Error(
    'not-restored',
    received
      ? `${name} is not what '${object.key}' says: its guid is ${received.guid}, not ${String(object.guid)}`
      : `${name} is not there, although zfs receive has reported no error`,
    {
      hint: 'Look at the dataset, and compare it with other copies before it is used.',
    },
  )
}
