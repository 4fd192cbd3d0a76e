import { listBeside, type Context } from '@z3/backup'
import {
  formatSnapshotName,
  mayBeArchived,
  Z3Error,
  type ArchiveState,
  type RestoreStep,
} from '@z3/core'
import { archiveStates } from './archive-states.js'

/** An object that cannot be read before it is thawed. */
export interface ArchivedObject {
  readonly key: string
  /** Bytes. */
  readonly size: number
  readonly version: string | undefined
  /** Archived or thawing. */
  readonly state: ArchiveState
}

type Place = Pick<Context, 'store' | 'place' | 'config'>

/**
 * Find what a restore would read and cannot: objects, their continuations, and, if there are any,
 * manifests. Costs a HEAD of each object whose storage class may be an archive.
 *
 * @throws Z3Error of the store
 */
export async function findArchived(
  context: Place,
  steps: readonly Pick<RestoreStep, 'object'>[],
  signal: AbortSignal,
): Promise<readonly ArchivedObject[]> {
  const { store } = context
  const keys = steps.flatMap(({ object: { key, storageClass, objects } }) =>
    mayBeArchived(storageClass) || objects !== undefined ? [key] : [],
  )
  const archived = await headAll(keys, context, signal)
  if (archived.length === 0 || !store.thaw) return archived
  const names = new Set(steps.map(({ object }) => formatSnapshotName(object)))
  return [...archived, ...(await headAll(await manifests(context, names, signal), context, signal))]
}

/** @returns keys of manifests that may be archived */
async function manifests(
  { place, config }: Place,
  names: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (config.settings.MANIFEST === 'no') return []
  const beside = await listBeside(place, signal)
  return [...beside].flatMap(([name, { manifest }]) =>
    names.has(name) && mayBeArchived(manifest?.storageClass) ? (manifest?.key ?? []) : [],
  )
}

async function headAll(
  keys: readonly string[],
  { store }: Place,
  signal: AbortSignal,
): Promise<readonly ArchivedObject[]> {
  const found = await archiveStates(store, keys, signal)
  return found.flatMap(({ piece: { key, size, version }, state }) =>
    state.phase === 'thawed' ? [] : [{ key, size, version, state }],
  )
}

/**
 * The objects that are still archived or thawing.
 *
 * @throws Z3Error of the store; `object-changed` if one was deleted
 */
export async function stillArchived(
  objects: readonly ArchivedObject[],
  context: Place,
  signal: AbortSignal,
): Promise<readonly ArchivedObject[]> {
  const keys = objects.map(({ key }) => key)
  try {
    const found = await headAll(keys, context, signal)
    // a HEAD of the first object of several finds all of them
    return [...new Map(found.map((object) => [object.key, object])).values()]
  } catch (error) {
    if (!(error instanceof Z3Error) || error.code !== 'no-such-key') throw error
    throw new Z3Error('object-changed', `an object was deleted while it was thawed`, {
      hint: 'Run the command again.',
      cause: error,
    })
  }
}
