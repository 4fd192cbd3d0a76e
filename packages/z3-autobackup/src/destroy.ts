import { formatSnapshotName } from '@z3/core'
import {
  destroySnapshots,
  release,
  type NotDestroyed,
  type SnapshotFacts,
} from '@z3/zfs'
import type { Log } from './log.js'
import type { Side } from './side.js'

/** What holds which snapshots, tags by full name; kept up to date by a run. */
export type Holds = Map<string, Set<string>>

export interface DestroyRequest {
  readonly side: Side
  readonly dataset: string
  readonly snapshots: readonly Pick<SnapshotFacts, 'snapshot'>[]
  readonly holds: Holds
  /** Our tag: that is released first. */
  readonly holdTag: string
  readonly log: Log
}

/**
 * Destroy snapshots that the thinner lets go. What somebody else holds stays,
 * and is no failure; so does what has clones, with a note.
 *
 * @returns those that are gone, by what follows the `@`
 * @throws Z3Error the first other failure, after all have been tried
 */
export async function destroyObsolete({
  side,
  dataset,
  snapshots,
  holds,
  holdTag,
  log,
}: DestroyRequest): Promise<ReadonlySet<string>> {
  const destroy: string[] = []
  for (const { snapshot } of snapshots) {
    const name = formatSnapshotName({ dataset, snapshot })
    const tags = holds.get(name) ?? new Set<string>()
    const other = [...tags].find((tag) => tag !== holdTag)
    if (other !== undefined) {
      log.verbose(`${side.label} ${name}: Keeping (held by ${other})`)
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
  for (const { snapshot } of failed) gone.delete(snapshot)
  for (const one of failed.filter(hasClones)) {
    log.note(`${side.label} ${one.error.message}: it has clones, and stays`)
  }
  const [first] = failed.filter((one) => !hasClones(one))
  if (first) throw first.error
  return gone
}

function hasClones({ error }: NotDestroyed): boolean {
  return /has dependent clones/.test(error.message)
}
