import type { StatusRow, StatusSummary } from '@z3/core'
import type { Context } from './context.js'

/** What `z3 status --json` prints: sizes in bytes, times in seconds (epoch). */
export function statusReport(
  { config, dataset, store }: Context,
  rows: readonly StatusRow[],
  summary: StatusSummary,
  problems: readonly string[],
  now: number,
): object {
  const { newestGood } = summary
  return {
    status: problems.length === 0 ? 'ok' : 'problems',
    dataset,
    store: store.title,
    s3_prefix: config.settings.S3_PREFIX,
    snapshot_prefix: config.settings.SNAPSHOT_PREFIX,
    problems,
    totals: {
      stored: summary.objects,
      bytes: summary.bytes,
      not_healthy: summary.unhealthy,
      not_backed_up: summary.notStored,
      left_out: summary.leftOut,
    },
    newest_good: newestGood
      ? {
          name: newestGood.name,
          created: newestGood.created,
          age_seconds:
            newestGood.created === undefined || newestGood.created > now
              ? undefined
              : Math.round(now - newestGood.created),
        }
      : null,
    snapshots: rows.map(({ stored, ...row }) => ({
      name: row.name,
      type: row.type,
      parent: stored?.parent ?? null,
      twin_of: stored?.twinOf,
      health: stored ? row.health : null,
      problem: stored?.problem,
      local_state: row.localState,
      created: row.created,
      size: stored?.size,
      stored: stored?.bytes,
      key: stored?.key,
      guid: stored?.guid,
      compressor: stored?.compressor,
      encryptor: stored?.encryptor,
      send_flags: stored?.sendFlags,
    })),
  }
}
