import { formatSnapshotName } from '@z3/core'
import { destroySnapshots, release, type NotDestroyed, type SnapshotFacts } from '@z3/zfs'
import type { Outcome } from './outcome.js'
import type { Side } from './side.js'
import type { World } from './world.js'

/** What holds which snapshots, tags by full name; kept up to date by a run. */
export type Holds = Map<string, Set<string>>

export interface DestroyRequest {
  readonly side: Side
  readonly dataset: string
  readonly snapshots: readonly Pick<SnapshotFacts, 'snapshot' | 'hasClones'>[]
  readonly holds: Holds
  readonly world: World
  /** Told what is gone, and what could not be destroyed. */
  readonly outcome: Outcome
}

/**
 * Destroy snapshots that the thinner lets go, our hold released first. What
 * somebody else holds stays, and is no failure; so does what has clones, with a
 * note. Any other failure is told, and does not keep the run from going on: an
 * old snapshot too many is no reason to send no new one.
 *
 * @returns those that are gone, by what follows the `@`
 * @throws Z3Error with --debug; else only where a hold cannot be released
 */
export async function destroyObsolete({
  side,
  dataset,
  snapshots,
  holds,
  world: { options, log, stopsAtFirst },
  outcome,
}: DestroyRequest): Promise<ReadonlySet<string>> {
  const { holdTag } = options.names
  const destroy: string[] = []
  for (const { snapshot, hasClones } of snapshots) {
    const name = formatSnapshotName({ dataset, snapshot })
    const tags = holds.get(name) ?? new Set<string>()
    const other = [...tags].find((tag) => tag !== holdTag)
    if (other !== undefined) {
      log.verbose(`${side.label} ${name}: Keeping (held by ${other})`)
      continue
    }
    if (hasClones) {
      log.note(`${side.label} ${name}: it has clones, and stays`)
      continue
    }
    log.verbose(`${side.label} ${name}: Destroying`)
    if (tags.has(holdTag)) {
      await release(side.change, holdTag, { dataset, snapshot })
      tags.delete(holdTag)
    }
    destroy.push(snapshot)
  }
  if (destroy.length === 0) return new Set()
  const failed = await destroySnapshots(side.change, dataset, destroy)
  const gone = new Set(destroy)
  for (const { snapshot, error } of failed) {
    gone.delete(snapshot)
    if (gotClones(error)) {
      log.note(`${side.label} ${error.message}: it has clones, and stays`)
    } else {
      if (stopsAtFirst) throw error
      log.error(`${side.label} ${error.message}`, error.hint)
      outcome.errors.push(error)
    }
  }
  if (!options.test) {
    for (const snapshot of gone) {
      outcome.destroyed.push(formatSnapshotName({ dataset, snapshot }))
    }
  }
  return gone
}

/** Meanwhile, or zfs has not told before. */
function gotClones({ message }: NotDestroyed['error']): boolean {
  return /has dependent clones/.test(message)
}
