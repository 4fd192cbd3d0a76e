import { untilAborted } from '@z3/cli'
import { ASIDE, drillKey, parseBeside, type VerifyLevel } from '@z3/core'
import type { DamagedObject, ObjectSummary } from '@z3/s3'
import type { StoredPlace } from './stored-place.js'

/** When an object was verified, epoch seconds, at each level. */
export type VerifyTimes = Partial<Readonly<Record<VerifyLevel, number | undefined>>>

/** The manifest and the records of one object. */
export interface BesideObject {
  readonly keys: readonly string[]
  /** Undefined: there is no manifest, or it cannot be read. */
  readonly manifest: ObjectSummary | undefined
  /** By the clock of the store. */
  readonly verified: VerifyTimes
}

/** Of one dataset, by `dataset@snapshot`, the name of the object. */
export type ListedBeside = ReadonlyMap<string, BesideObject>

/** The clocks of several servers of one store may differ by so much, seconds. */
const TOLERANCE = 60

const NOTHING: BesideObject = { keys: [], manifest: undefined, verified: {} }

/**
 * List the manifests and records of a dataset, 1,000 with each request. A record is its key
 * and the time of its upload: none is downloaded. A time in the future is ignored.
 *
 * A manifest or record is written after its object: one that is listed before the objects,
 * and has none then, is left over from a deletion.
 *
 * @throws Z3Error of the store
 */
export async function listBeside(
  { store, prefix, dataset }: StoredPlace,
  signal: AbortSignal,
): Promise<ListedBeside> {
  const objects = new Map<string, BesideObject>()
  const start = `${prefix}${ASIDE}${dataset}@`
  for await (const item of untilAborted(signal, store.list(start, signal))) {
    const found = parseBeside(prefix, item.key)
    if (!found || !('name' in found)) continue
    const at = timeOf(item, store.now())
    const known = objects.get(found.name) ?? NOTHING
    const hasTime = found.kind === 'verified' && at !== undefined
    objects.set(found.name, {
      keys: [...known.keys, item.key],
      manifest: found.kind === 'manifest' && !('problem' in item) ? item : known.manifest,
      verified: hasTime ? { ...known.verified, [found.level]: at } : known.verified,
    })
  }
  return objects
}

/**
 * When a drill on any host last restored the dataset.
 *
 * @returns epoch seconds by the clock of the store; undefined: not known
 * @throws Z3Error of the store
 */
export async function readDrilled(
  { store, prefix, dataset }: StoredPlace,
  signal: AbortSignal,
): Promise<number | undefined> {
  const key = drillKey(prefix, dataset)
  for await (const item of untilAborted(signal, store.list(key, signal))) {
    return item.key === key ? timeOf(item, store.now()) : undefined
  }
  return undefined
}

function timeOf(item: ObjectSummary | DamagedObject, now: Date): number | undefined {
  if ('problem' in item || !item.modified) return undefined
  const at = Math.floor(item.modified.getTime() / 1000)
  return at > now.getTime() / 1000 + TOLERANCE ? undefined : at
}
