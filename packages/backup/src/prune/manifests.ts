import { untilAborted } from '@z3/cli'
import { ASIDE, manifestKey } from '@z3/core'
import type { StoredPlace } from '../store/load-stored.js'

/**
 * The names, `dataset@snapshot`, of which the store has a manifest. A manifest is written
 * after its object: one that is listed before the objects, and has none then, is left over
 * from a deletion.
 */
export async function listManifests(
  { store, prefix, dataset }: StoredPlace,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const start = `${prefix}${ASIDE}`
  const names = new Set<string>()
  for await (const { key } of untilAborted(signal, store.list(`${start}${dataset}@`, signal))) {
    const name = key.slice(start.length).replace(/\.json$/, '')
    if (manifestKey(prefix, name) === key) names.add(name)
  }
  return names
}
