import { untilAborted } from '@z3/cli'
import { ASIDE, checkDatasetName, Z3Error } from '@z3/core'
import type { ObjectStore } from '@z3/s3'

/**
 * The last key below S3_PREFIX that is no backup: `0` follows `/`. Manifests and records are more
 * than half of the objects, and dataset names do not begin with a dot.
 */
const AFTER_ASIDE = ASIDE.replace(/\/$/, '0')

/**
 * The datasets that have objects below a prefix, in the order of the listing: one
 * listing, no other request. Keys that name no snapshot are ignored.
 *
 * @param prefix S3_PREFIX, with its slash
 * @throws Z3Error of the store
 */
export async function listDatasets(
  store: Pick<ObjectStore, 'list'>,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  // a server that does not know the parameter may list nothing
  const found = await find(store, prefix, signal, `${prefix}${AFTER_ASIDE}`)
  return [...(found.size > 0 ? found : await find(store, prefix, signal))]
}

async function find(
  store: Pick<ObjectStore, 'list'>,
  prefix: string,
  signal: AbortSignal,
  after?: string,
): Promise<ReadonlySet<string>> {
  const datasets = new Set<string>()
  for await (const { key } of untilAborted(signal, store.list(prefix, signal, after))) {
    const name = key.slice(prefix.length)
    const at = name.indexOf('@')
    if (at > 0 && !name.startsWith(ASIDE) && isDataset(name.slice(0, at))) {
      datasets.add(name.slice(0, at))
    }
  }
  return datasets
}

function isDataset(name: string): boolean {
  try {
    checkDatasetName(name)
    return true
  } catch {
    return false
  }
}

/** Where something was looked for, for messages: `bucket 'b' at http://…/z3-backup/`. */
export function describePlace({ title, asOf }: ObjectStore, prefix: string): string {
  return `${title}/${prefix}${asOf ? ` as of ${asOf.toISOString()}` : ''}`
}

/** The error for a dataset without any object below a prefix. */
export function notStored(dataset: string, store: ObjectStore, prefix: string): Z3Error {
  const place = describePlace(store, prefix)
  return new Z3Error('no-such-dataset', `nothing of ${dataset} is in ${place}`, {
    hint: "Check the name, BUCKET and S3_PREFIX; 'z3 list' shows the datasets in the store.",
  })
}

/** An empty prefix is an error wherever backups are expected: it may be the wrong one. */
export function noBackups(store: ObjectStore, prefix: string): Z3Error {
  return new Z3Error('no-such-dataset', `there are no backups in ${describePlace(store, prefix)}`, {
    hint: 'Check BUCKET and S3_PREFIX.',
  })
}
