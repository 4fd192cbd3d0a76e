import { checkHealth, foldChains } from './chain.js'
import { ownName, type StoredSnapshot } from './stored-snapshot.js'

/** Names of snapshots, without the dataset, in the order of the objects. */
export interface Restorability {
  /** No object that they need is known to be bad. */
  readonly restorable: readonly string[]
  /** An object that they need is bad or missing. */
  readonly lost: readonly string[]
}

/**
 * Find the snapshots that can still be restored from the store. A snapshot that is stored twice, as
 * an increment and as a full twin, needs one of the two.
 *
 * @param stored all objects of a dataset
 * @param isBad whether an object is known to be damaged, regardless of its metadata
 */
export function findRestorable(
  stored: readonly StoredSnapshot[],
  isBad: (object: StoredSnapshot) => boolean,
): Restorability {
  const health = checkHealth(stored)
  const sound = foldChains(
    stored,
    ({ parent }) => parent,
    (object, parent) => {
      const own = health.get(`${object.dataset}@${object.snapshot}`) === 'ok' && !isBad(object)
      return own && (object.parent === undefined || parent?.value === true)
    },
    false,
  )
  const names = new Map<string, boolean>()
  for (const object of stored) {
    const name = ownName(object)
    const isSound = sound.get(`${object.dataset}@${object.snapshot}`) === true
    names.set(name, names.get(name) === true || isSound)
  }
  const all = [...names]
  return {
    restorable: all.filter(([, isSound]) => isSound).map(([name]) => name),
    lost: all.filter(([, isSound]) => !isSound).map(([name]) => name),
  }
}
