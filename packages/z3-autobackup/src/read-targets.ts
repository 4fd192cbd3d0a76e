import { checkDatasetName, Z3Error } from '@z3/core'
import { formatPlace, parsePlace, type Place, type SshTarget } from '@z3/zfs'

/**
 * Read where datasets are received.
 *
 * @param host of --ssh-target; undefined: this one
 * @param path the operand
 * @param more of --target
 * @throws Z3Error `usage`, `invalid-name`
 */
export function readTargets(
  host: SshTarget | undefined,
  path: string | undefined,
  more: readonly string[],
): readonly Place[] {
  const places = [
    ...(path === undefined ? [] : [{ target: host, dataset: path }]),
    ...more.map((text) => {
      const place = parsePlace(text)
      // a colon in front says: on this host
      return place.target || text.startsWith(':') ? place : { ...place, target: host }
    }),
  ]
  for (const { dataset } of places) {
    if (dataset.startsWith('/')) {
      throw usage(
        `target '${dataset}' begins with '/'`,
        'A target is a dataset, as backup/server1, and no directory.',
      )
    }
    checkDatasetName(dataset)
  }
  const all = places.map(formatPlace)
  const twice = all.find((place, index) => all.indexOf(place) !== index)
  if (twice !== undefined) {
    throw usage(`target '${twice}' is given twice`, 'Give each target once.')
  }
  if (host && places.length === 0) {
    throw usage(
      '--ssh-target without a target',
      'Name the dataset to receive into: BACKUP-NAME TARGET-PATH.',
    )
  }
  return places
}

function usage(message: string, hint: string): Z3Error {
  return new Z3Error('usage', message, { hint })
}
