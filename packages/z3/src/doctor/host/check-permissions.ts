import type { Settings } from '@z3/config'
import { readAllowed, type Grantee, type Run } from '@z3/zfs'
import { ok, problem, warning, type Finding } from '../finding.js'

const CHECK = 'permissions'

/**
 * Whether the user may back up the dataset: root may, others need `zfs allow`.
 *
 * @param who undefined: root
 * @throws Z3Error of zfs
 */
export async function checkPermissions(
  zfs: Run,
  dataset: string,
  who: Grantee | undefined,
  keepCommon: Settings['KEEP_COMMON'],
): Promise<readonly Finding[]> {
  if (!who) return [ok(CHECK, 'root may back up and restore every dataset')]
  return permissionFindings(dataset, who.user, await readAllowed(zfs, dataset, who), keepCommon)
}

/** Compare the granted permissions with those of `z3 backup` (docs/operating.md). */
export function permissionFindings(
  dataset: string,
  user: string,
  granted: ReadonlySet<string>,
  keepCommon: Settings['KEEP_COMMON'],
): readonly Finding[] {
  const lacks = (names: readonly string[]) => names.filter((name) => !granted.has(name))
  const allow = (names: readonly string[]) =>
    `Run as root: zfs allow -u ${user} ${names.join(',')} '${dataset}'`
  const needed = lacks(keepCommon === 'hold' ? ['send', 'hold', 'release'] : ['send'])
  const marks = keepCommon === 'bookmark' ? lacks(['bookmark', 'destroy']) : []
  return [
    needed.length > 0
      ? problem(CHECK, `${user} may not ${needed.join(', ')} ${dataset}`, allow(needed))
      : ok(CHECK, `${user} may back up ${dataset}`),
    ...(marks.length > 0
      ? [
          warning(
            CHECK,
            `${user} may not ${marks.join(', ')} ${dataset}: bookmarks of uploaded snapshots are not created or not removed`,
            `${allow(marks)} (or set KEEP_COMMON = none).`,
          ),
        ]
      : []),
  ]
}
