import type { StoredSnapshot } from './stored-snapshot.js'

/** What follows the `@` of the key of a snapshot's full twin. */
export function twinName(snapshot: string): string {
  return `${snapshot}.full`
}

/** What follows the `@` of a stored snapshot on a host: a twin has the other's. */
export function ownName({ twinOf, snapshot }: Pick<StoredSnapshot, 'twinOf' | 'snapshot'>): string {
  return twinOf ?? snapshot
}
