import { Z3Error } from '@z3/core'
import type { ObjectStore } from './object-store.js'

/**
 * Nothing is overwritten by accident.
 *
 * @throws Z3Error `object-exists`; what `head` throws, but for `no-such-key`
 */
export async function refuseExisting(
  store: Pick<ObjectStore, 'head' | 'title'>,
  key: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await store.head(key, signal)
  } catch (error) {
    if (error instanceof Z3Error && error.code === 'no-such-key') return
    throw error
  }
  throw objectExists(store, key)
}

export function objectExists(
  store: Pick<ObjectStore, 'title'>,
  key: string,
  cause?: unknown,
): Z3Error {
  return new Z3Error('object-exists', `'${key}' exists already in ${store.title}`, {
    hint: 'Choose another key, or replace it with --overwrite.',
    cause,
  })
}
