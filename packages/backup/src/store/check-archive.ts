import { joinArchiveStates, Z3Error, type Archive, type ArchiveState } from '@z3/core'
import type { ObjectInfo, ObjectStore } from '@z3/s3'

/** Whether objects of a class that is not known to be thawed can be read nevertheless. */
const readable = new WeakMap<ObjectStore, Map<Archive, Promise<boolean>>>()

/**
 * The state of an object in an archive. Any server may have an ordinary storage class with the name
 * of an archive (in Ceph, the administrator chooses the names): the first byte of the first object
 * of each class is read once, and if that succeeds, the class is no archive.
 *
 * @param info of a HEAD
 * @returns undefined: the object is in no archive
 * @throws the signal's reason
 */
export async function checkArchive(
  store: ObjectStore,
  info: ObjectInfo,
  signal: AbortSignal,
): Promise<ArchiveState | undefined> {
  const states: (ArchiveState | undefined)[] = []
  for (const piece of info.pieces ?? [info]) states.push(await checkOne(store, piece, signal))
  return joinArchiveStates(states)
}

async function checkOne(
  store: ObjectStore,
  info: ObjectInfo,
  signal: AbortSignal,
): Promise<ArchiveState | undefined> {
  const { archive: state, size } = info
  // what is empty is not read, and the last object of several may be
  if (!state || size === 0) return undefined
  if (state.phase !== 'archived') return state
  const known = readable.get(store) ?? new Map<Archive, Promise<boolean>>()
  readable.set(store, known)
  const found = known.get(state.archive) ?? isReadable(store, info, signal)
  known.set(state.archive, found)
  return (await found) ? undefined : state
}

/** @returns false also if it is not known: then the name of the class counts */
async function isReadable(
  store: ObjectStore,
  { key, size, etag, version }: ObjectInfo,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await store.read(key, { offset: 0, into: new Uint8Array(1), etag, size, version, signal })
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Z3Error) return false
    throw error
  }
}
