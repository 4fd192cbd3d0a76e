import { formatSnapshotName } from '../../snapshot.js'
import { isReplaced, ownHealth } from '../../versions/chain.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import type { StoredSnapshot } from '../../versions/stored-snapshot.js'
import { brokenChain } from '../plan-errors.js'

/** What a restore receives, and upon what. */
export interface RestoreLinks {
  /** The oldest first. */
  readonly objects: readonly StoredSnapshot[]
  /** The snapshot of this host that they build on; undefined: a full one. */
  readonly base: LocalSnapshot | undefined
}

/**
 * Follow the chain of a stored snapshot back to one that is here, or to a full
 * one. What lies beyond is not looked at: a chain whose beginning is lost can
 * still be restored where a later snapshot of it is.
 *
 * @param local the snapshots of the dataset to receive into
 * @param hint for the error
 * @throws Z3Error `broken-chain`, which names the link that is
 */
export function linkRestore(
  upTo: StoredSnapshot,
  stored: ReadonlyMap<string, StoredSnapshot>,
  local: readonly LocalSnapshot[],
  hint: string,
): RestoreLinks {
  const find = finder(upTo.dataset, local)
  const links: StoredSnapshot[] = []
  const seen = new Set<StoredSnapshot>()
  let object = upTo
  // which snapshot an unreadable object holds is not known: the name alone will not do
  const isKnown = upTo.guid !== undefined || upTo.bytes !== undefined
  let base = isKnown ? find(formatSnapshotName(upTo), upTo.guid) : undefined
  while (!base) {
    if (object.problem !== undefined) {
      throw brokenChain(object, ownHealth(object), upTo, hint)
    }
    if (seen.has(object)) {
      throw brokenChain(object, 'cycle detected', upTo, hint)
    }
    seen.add(object)
    links.push(object)
    if (object.parent === undefined) break
    const parent = stored.get(object.parent)
    base = find(object.parent, object.parentGuid ?? parent?.guid)
    if (base) break
    if (!parent) throw brokenChain(object, 'missing parent', upTo, hint)
    if (isReplaced(object, parent)) {
      throw brokenChain(object, 'parent replaced', upTo, hint)
    }
    object = parent
  }
  return { objects: links.reverse(), base }
}

/** Finds a stored snapshot on this host: by its guid, without one by its name. */
function finder(
  dataset: string,
  local: readonly LocalSnapshot[],
): (name: string, guid: string | undefined) => LocalSnapshot | undefined {
  const byGuid = new Map(local.map((snapshot) => [snapshot.guid, snapshot]))
  // under the name that the stored one has, wherever it is received
  const byName = new Map(
    local.map((snapshot) => [
      formatSnapshotName({ dataset, snapshot: snapshot.snapshot }),
      snapshot,
    ]),
  )
  return (name, guid) => (guid === undefined ? byName.get(name) : byGuid.get(guid))
}
