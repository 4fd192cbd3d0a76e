import { foldChains } from './fold-chains.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/**
 * Whether a stored snapshot can be restored, as far as the store and the
 * metadata tell. The words are z3's, but for the last three.
 */
export type Health =
  | 'ok'
  | 'missing parent'
  | 'parent broken'
  | 'cycle detected'
  | 'parent replaced'
  | 'bad metadata'
  | 'damaged'

/**
 * Judge every stored snapshot by its chain, as z3 does: a full one is healthy,
 * another is when what it builds on is there and healthy. Where both sides have
 * a guid, it must be the very snapshot that was built upon.
 *
 * @param stored all of a dataset: a chain may lead through any snapshot
 * @returns by full name
 */
export function checkHealth(stored: readonly StoredSnapshot[]): ReadonlyMap<string, Health> {
  return foldChains<Health>(
    stored,
    (object) => (object.problem === undefined ? object.parent : undefined),
    (object, parent) => {
      if (object.problem !== undefined) return ownHealth(object)
      if (object.parent === undefined) return 'ok'
      if (!parent) return 'missing parent'
      if (parent.value === 'cycle detected') return 'cycle detected'
      if (parent.value !== 'ok') return 'parent broken'
      return isReplaced(object, parent.object) ? 'parent replaced' : 'ok'
    },
    'cycle detected',
  )
}

/** The health of an object that has a problem of its own. */
export function ownHealth({ damaged }: StoredSnapshot): Health {
  return damaged ? 'damaged' : 'bad metadata'
}

/** Whether `parent` is another snapshot than the one that was built upon. */
export function isReplaced({ parentGuid }: StoredSnapshot, parent: StoredSnapshot): boolean {
  return parentGuid !== undefined && parent.guid !== undefined && parentGuid !== parent.guid
}

/**
 * The objects that a restore of `target` needs, the oldest first, `target`
 * last. Of a chain that is not healthy, the part that can be reached.
 *
 * @param stored by full name
 */
export function chainOf(
  target: StoredSnapshot,
  stored: ReadonlyMap<string, StoredSnapshot>,
): readonly StoredSnapshot[] {
  const chain = new Set<StoredSnapshot>()
  let object: StoredSnapshot | undefined = target
  while (object && !chain.has(object)) {
    chain.add(object)
    object = object.parent === undefined ? undefined : stored.get(object.parent)
  }
  return [...chain].reverse()
}
