import { Z3Error } from '@z3/core'
import type { ObjectStore } from './object-store.js'

/**
 * Nothing is overwritten by accident.
 *
 * @throws Z3Error `object-exists`; what `exists` throws
 */
export async function refuseExisting(
  store: Pick<ObjectStore, 'exists' | 'title'>,
  key: string,
  signal?: AbortSignal,
): Promise<void> {
  if (await store.exists(key, signal)) throw objectExists(store, key)
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
