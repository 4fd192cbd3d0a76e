import { formatSnapshotName } from '../../snapshot.js'
import { isReplaced, ownHealth } from '../../versions/chain.js'
import type { LocalSnapshot } from '../../versions/local-snapshot.js'
import type { StoredSnapshot } from '../../versions/stored-snapshot.js'
import { brokenChain } from '../plan-errors.js'

/** The objects that a restore receives, and their base. */
export interface RestoreLinks {
  /** The oldest first. */
  readonly objects: readonly StoredSnapshot[]
  /** The local snapshot that the first starts from; undefined: a full stream. */
  readonly base: LocalSnapshot | undefined
}

/**
 * Follow the chain of a stored snapshot back to a local snapshot or a full stream. Older objects
 * are not checked: a chain whose start is lost can still be restored if a later snapshot of it is
 * local.
 *
 * @param local the snapshots of the dataset to receive into
 * @param hint for the error
 * @throws Z3Error `broken-chain`, which names the broken link
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
  // the snapshot of an unreadable object is unknown, and the name does not prove it
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

/** Find a stored snapshot on this host by its guid, or by its name if it has no guid. */
function finder(
  dataset: string,
  local: readonly LocalSnapshot[],
): (name: string, guid: string | undefined) => LocalSnapshot | undefined {
  const byGuid = new Map(local.map((snapshot) => [snapshot.guid, snapshot]))
  // by the name of the stored snapshot, in any dataset
  const byName = new Map(
    local.map((snapshot) => [
      formatSnapshotName({ dataset, snapshot: snapshot.snapshot }),
      snapshot,
    ]),
  )
  return (name, guid) => (guid === undefined ? byName.get(name) : byGuid.get(guid))
}
