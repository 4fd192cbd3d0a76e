import type { LifecycleRule, Versioning } from '@z3/s3'
import { ok, problem, warning, type Finding } from '../finding.js'

const CHECK = 'lifecycle'

/** Classes whose objects must be thawed before they can be read. */
const ARCHIVES = ['GLACIER', 'DEEP_ARCHIVE']

/** What a rule is compared with. */
export interface Stored {
  /** S3_PREFIX */
  readonly prefix: string
  /** S3_TAGS: those of new objects. */
  readonly tags: readonly (readonly [key: string, value: string])[]
  readonly versioning: Versioning | undefined
  /** RETENTION is set, so that prune deletes objects. */
  readonly isPruned: boolean
}

/** Which lifecycle rules harm the backups under a prefix, and which are missing. */
export function judgeLifecycle(
  rules: readonly LifecycleRule[],
  stored: Stored,
): readonly Finding[] {
  const ours = rules.filter((rule) => concerns(rule, stored))
  const harm = ours.flatMap(harmOf)
  return [
    ...(harm.length > 0 ? harm : [ok(CHECK, 'no rule deletes or archives backups')]),
    abortFinding(rules, stored.prefix),
    ...versionFindings(ours, stored),
  ]
}

/** Whether a rule applies to some object under the prefix. Limits of sizes do not matter. */
function concerns({ prefix, tags }: LifecycleRule, stored: Stored): boolean {
  const isNear = prefix.startsWith(stored.prefix) || stored.prefix.startsWith(prefix)
  return (
    isNear && tags.every(([key, value]) => stored.tags.some(([k, v]) => k === key && v === value))
  )
}

function harmOf(rule: LifecycleRule): readonly Finding[] {
  const name = `rule '${rule.id}' (prefix '${rule.prefix}')`
  const { expires, moves } = rule
  const deletes =
    expires === undefined
      ? []
      : [
          problem(
            CHECK,
            `${name} deletes backups ${expires}, also those that others build on`,
            'Limit the rule to another prefix; delete old backups with z3 prune (RETENTION).',
          ),
        ]
  const archives = moves
    .filter(({ storageClass }) => ARCHIVES.includes(storageClass))
    .map(({ storageClass, when }) =>
      warning(
        CHECK,
        `${name} moves backups to ${storageClass} ${when}: a restore must thaw them first`,
        'Limit the rule to another prefix, or practise z3 restore --thaw and plan for its delay.',
      ),
    )
  return [...deletes, ...archives]
}

/** Days that the first full backup of a large dataset may take. */
const SHORTEST = 2

function abortFinding(rules: readonly LifecycleRule[], prefix: string): Finding {
  const days = rules
    .filter((rule) => prefix.startsWith(rule.prefix) && rule.tags.length === 0)
    .flatMap(({ abortDays }) => abortDays ?? [])
  if (days.length === 0) {
    return warning(
      CHECK,
      `no rule aborts incomplete uploads under '${prefix}', which are billed and not listed`,
      'Add a rule with AbortIncompleteMultipartUpload, DaysAfterInitiation 7, or run z3 cleanup every week.',
    )
  }
  const first = Math.min(...days)
  return first < SHORTEST
    ? warning(
        CHECK,
        `uploads are aborted ${String(first)} day after their start, also those that still run`,
        'Set DaysAfterInitiation of the rule to 7.',
      )
    : ok(CHECK, `incomplete uploads are aborted after ${String(first)} days`)
}

function versionFindings(
  ours: readonly LifecycleRule[],
  { versioning, isPruned }: Stored,
): readonly Finding[] {
  if (versioning !== 'enabled' || !isPruned) return []
  const days = ours.flatMap(({ noncurrentDays }) => noncurrentDays ?? [])
  return days.length > 0
    ? [ok(CHECK, `deleted backups are kept for ${String(Math.min(...days))} days as old versions`)]
    : [
        warning(
          CHECK,
          'the bucket has versioning, and no rule deletes old versions: pruned backups stay, and are billed',
          'Add a rule with NoncurrentVersionExpiration, or use z3 prune --delete-versions.',
        ),
      ]
}
