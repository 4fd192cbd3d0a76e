import type { LocalSnapshot } from './local-snapshot.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/**
 * Whether a snapshot of this host and a stored one, both of one name, are the
 * same. Their guids decide; what z3 stored has none, and its name must do.
 */
export function isSame(local: LocalSnapshot, stored: StoredSnapshot): boolean {
  return stored.guid === undefined || stored.guid === local.guid
}
