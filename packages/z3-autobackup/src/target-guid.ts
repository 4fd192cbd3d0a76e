import { Z3Error } from '@z3/core'
import { getProperties } from '@z3/zfs'
import type { Target } from './read-target.js'

/**
 * The guid of a dataset at the target: asked for where it was not there when the
 * run began.
 *
 * @throws Z3Error `zfs-failed` where zfs does not tell it: without it no bookmark
 *   can keep the common snapshot
 */
export async function targetGuid({ side, datasets }: Target, dataset: string): Promise<string> {
  const there = datasets.get(dataset)
  const known = there?.properties['guid']
  if (known !== undefined) return known
  const { guid } = await getProperties(side.read, dataset, ['guid'])
  if (guid === undefined) {
    throw new Z3Error(
      'zfs-failed',
      `zfs does not tell the guid of ${dataset}, which bookmarks of the source are named after`,
      { hint: "Use '--keep-common hold'." },
    )
  }
  if (there) {
    const properties = { ...there.properties, guid }
    datasets.set(dataset, { ...there, properties })
  }
  return guid
}
