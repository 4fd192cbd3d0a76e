import { checkDatasetName, Z3Error } from '@z3/core'
import { formatPlace, parsePlace, type Place, type SshAddress } from '@z3/zfs'

/**
 * The target of each dataset: below the target path, without the first components of its own path.
 *
 * @returns targets by source
 * @throws Z3Error `usage`: too few components, or two sources with the same target; `invalid-name`:
 *   the name would be too long
 */
export function mapTargets(
  datasets: readonly string[],
  target: string,
  strip: number,
): ReadonlyMap<string, string> {
  const targets = new Map<string, string>()
  const sources = new Map<string, string>()
  for (const dataset of datasets) {
    const parts = dataset.split('/')
    if (strip > parts.length) {
      throw new Z3Error(
        'usage',
        `--strip-path ${String(strip)} exceeds ${dataset}, which has ${String(parts.length)} component${parts.length === 1 ? '' : 's'}`,
        { hint: 'Use a smaller number, or select other datasets.' },
      )
    }
    const there = [target, ...parts.slice(strip)].join('/')
    checkDatasetName(there)
    const other = sources.get(there)
    if (other !== undefined) {
      throw new Z3Error('usage', `${other} and ${dataset} would both be received into ${there}`, {
        hint: 'Use a smaller --strip-path, or separate backup names.',
      })
    }
    sources.set(there, dataset)
    targets.set(dataset, there)
  }
  return targets
}

/**
 * Parse the targets.
 *
 * @param host of --ssh-target; undefined: this one
 * @param paths the operands
 * @param more of --target
 * @throws Z3Error `usage`, `invalid-name`
 */
export function readTargets(
  host: SshAddress | undefined,
  paths: readonly string[],
  more: readonly string[],
): readonly Place[] {
  const places = [
    ...paths.map((path) => ({ ssh: host, dataset: path })),
    ...more.map((text) => {
      const place = parsePlace(text)
      // a leading colon means this host
      return place.ssh || text.startsWith(':') ? place : { ...place, ssh: host }
    }),
  ]
  for (const { dataset } of places) {
    if (dataset.startsWith('/')) {
      throw usage(
        `target '${dataset}' begins with '/'`,
        'A target is a dataset such as backup/server1, not a directory.',
      )
    }
    checkDatasetName(dataset)
  }
  const all = places.map(formatPlace)
  const twice = all.find((place, index) => all.indexOf(place) !== index)
  if (twice !== undefined) {
    throw usage(`target '${twice}' is specified twice`, 'Specify each target only once.')
  }
  if (host && places.length === 0) {
    throw usage(
      '--ssh-target without a target',
      'Add the dataset to receive into: BACKUP-NAME TARGET-PATH.',
    )
  }
  return places
}

function usage(message: string, hint: string): Z3Error {
  return new Z3Error('usage', message, { hint })
}
