import { Z3Error, type ErrorCode, type RestorePlan } from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import { checkNothingSaved, type Destination } from './destination.js'

/** What is said of a dataset that is not what we have left there. */
const IN_THE_WAY: readonly ErrorCode[] = [
  'dataset-exists',
  'destination-modified',
  'snapshot-conflict',
]

/**
 * Plan to receive beside the dataset that will be replaced. A restore that
 * broke off goes on; whatever else has that name is in the way, since nobody
 * has agreed to lose it, and what is newer than the target would take the place
 * of the dataset with it.
 *
 * @param plan without force
 * @param target the last snapshot to receive: what follows its `@`
 * @throws Z3Error `dataset-exists`, and what `plan` throws
 */
export function planBeside(
  beside: Destination,
  target: string,
  plan: (destination: Destination) => RestorePlan,
): RestorePlan {
  checkNothingSaved(beside)
  try {
    const planned = plan(beside)
    const newest = beside.snapshots?.at(-1)?.snapshot
    if (planned.steps.length > 0 || newest === target) return planned
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    if (!IN_THE_WAY.includes(error.code)) throw error
    throw inTheWay(beside.name, error)
  }
  throw inTheWay(beside.name)
}

function inTheWay(name: string, cause?: unknown): Z3Error {
  const destroy = renderCommand({ file: 'zfs', args: ['destroy', '-r', name] })
  return new Z3Error(
    'dataset-exists',
    `${name} is in the way, and is not what this restore would have left there`,
    { hint: `Look at what is in it; if it is not needed: ${destroy}`, cause },
  )
}
