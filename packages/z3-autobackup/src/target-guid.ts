import { getProperties } from '@z3/zfs'
import type { Target } from './read-target.js'

/**
 * The guid of a dataset at the target: asked for where it was not there when the
 * run began.
 */
export async function targetGuid(
  { side, datasets }: Target,
  dataset: string,
): Promise<string | undefined> {
  const there = datasets.get(dataset)
  if (!there || there.properties['guid'] !== undefined) {
    return there?.properties['guid']
  }
  const { guid } = await getProperties(side.read, dataset, ['guid'])
  if (guid !== undefined) {
    const properties = { ...there.properties, guid }
    datasets.set(dataset, { ...there, properties })
  }
  return guid
}
