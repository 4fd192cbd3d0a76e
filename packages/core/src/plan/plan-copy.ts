import { formatSnapshotName } from '../snapshot.js'
import { checkHealth, foldChains, storedByName, type Health } from '../versions/chain.js'
import type { StoredSnapshot } from '../versions/stored-snapshot.js'

/** What becomes of one object of the source. */
export interface CopyStep {
  /** `dataset@snapshot`, the name of the key. */
  readonly name: string
  readonly object: StoredSnapshot
  /**
   * `refused`: the destination has another object of that name, or the object, or one that it builds
   * on, is not healthy.
   */
  readonly action: 'copy' | 'present' | 'refused'
  /** Why it is refused. */
  readonly reason?: string
}

/**
 * Plan to copy all objects of a dataset, parents before children. An object that the destination
 * has with the same size and metadata is not copied again.
 *
 * @param source all objects of the dataset
 * @param destination all objects of the dataset there
 */
export function planCopy(
  source: readonly StoredSnapshot[],
  destination: readonly StoredSnapshot[],
): readonly CopyStep[] {
  const health = checkHealth(source)
  const there = storedByName(destination)
  const depth = foldChains<number>(
    source,
    ({ parent }) => parent,
    (_, parent) => (parent?.value ?? 0) + 1,
    Infinity,
  )
  const depthOf = (object: StoredSnapshot): number => depth.get(formatSnapshotName(object)) ?? 0
  const refused = new Set<string>()
  return source
    .toSorted((one, other) => depthOf(one) - depthOf(other) || compareNames(one, other))
    .map((object): CopyStep => {
      const name = formatSnapshotName(object)
      const reason =
        healthProblem(object, health.get(name)) ??
        (object.parent !== undefined && refused.has(object.parent)
          ? `its parent ${object.parent} is not copied`
          : conflict(object, there.get(name)))
      if (reason === undefined) {
        return { name, object, action: there.has(name) ? 'present' : 'copy' }
      }
      refused.add(name)
      return { name, object, action: 'refused', reason }
    })
}

function compareNames({ snapshot: one }: StoredSnapshot, { snapshot: other }: StoredSnapshot) {
  return one < other ? -1 : 1
}

function healthProblem({ problem }: StoredSnapshot, health: Health | undefined) {
  return health === 'ok' ? undefined : `it is not healthy: ${problem ?? health ?? 'unknown'}`
}

/** @returns undefined: the destination has none, or the same */
function conflict(object: StoredSnapshot, there: StoredSnapshot | undefined): string | undefined {
  if (!there) return undefined
  if (there.problem !== undefined) {
    return `the destination has an object of that name that is not healthy: ${there.problem}`
  }
  const [one, other] = [factsOf(object), factsOf(there)]
  const differing = Object.keys(one).filter((fact) => one[fact] !== other[fact])
  return differing.length === 0
    ? undefined
    : `the destination has another object of that name: ${differing.join(', ')} ${differing.length === 1 ? 'differs' : 'differ'}`
}

/** What has to be equal in a copy. */
function factsOf(object: StoredSnapshot): Readonly<Record<string, string>> {
  const { bytes, guid, parent, parentGuid, compressor, encryptor, created, size, twinOf } = object
  const facts = {
    bytes,
    guid,
    parent,
    'parent-guid': parentGuid,
    compressor,
    encryptor,
    created,
    size,
    snapshot: twinOf,
    'send-flags': object.sendFlags.join(''),
  }
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]))
}
