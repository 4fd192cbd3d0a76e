import type { Bookmark } from '../../bookmark.js'
import { ownName } from '../../versions/stored-snapshot.js'
import { isWanted, type BackupPlan, type BackupRequest } from './backup-plan.js'

/**
 * Whether a later increment may start from a bookmark that is older than the newest stored
 * snapshot. With a retention schedule, as long as the store has the snapshot. In a chain, only if
 * it is a snapshot of another prefix, whose backup may be behind. A stored object whose guid cannot
 * be read may be any snapshot.
 *
 * @param plan that was carried out
 */
export function mayBeBase(
  { guid }: Pick<Bookmark, 'guid'>,
  request: BackupRequest,
  { steps }: Pick<BackupPlan, 'steps'>,
): boolean {
  const { stored, retention } = request
  if (retention && steps.some(({ snapshot }) => snapshot.guid === guid)) return true
  return stored.some((object) => {
    if (object.guid === undefined) return object.problem !== undefined
    if (object.guid !== guid) return false
    return retention !== undefined || !isWanted(request, { snapshot: ownName(object) })
  })
}
