import type { Context, OpenStore } from '@z3/backup'
import type { StatusRow, StatusSummary } from '@z3/core'
import type { CheckedDataset } from './load-state.js'

/** What `z3 status --json` prints: sizes in bytes, times in seconds (epoch). */
export function statusReport(
  { config, dataset, store }: Context,
  rows: readonly StatusRow[],
  summary: StatusSummary,
  problems: readonly string[],
  now: number,
): object {
  return {
    status: problems.length === 0 ? 'ok' : 'problems',
    dataset,
    store: store.title,
    as_of: store.asOf?.toISOString(),
    s3_prefix: config.settings.S3_PREFIX,
    snapshot_prefix: config.settings.SNAPSHOT_PREFIX,
    problems,
    totals: {
      ...storedTotals(summary),
      not_backed_up: summary.notStored ?? null,
      left_out: summary.leftOut ?? null,
    },
    newest_good: newestReport(summary, now),
    snapshots: rows.map((row) =>
      snapshotReport(row, row.localState === 'unknown' ? null : row.localState),
    ),
  }
}

/**
 * What `z3 status --all --json` prints: `datasets`, each with the fields of one, but for those of
 * local snapshots, which are not known.
 */
export function reportOfAll(
  { store, config }: OpenStore,
  all: readonly CheckedDataset[],
  now: number,
): object {
  const isBad = all.some(({ error, problems }) => error ?? problems.length > 0)
  return {
    status: isBad ? 'problems' : 'ok',
    store: store.title,
    as_of: store.asOf?.toISOString(),
    s3_prefix: config.settings.S3_PREFIX,
    datasets: all.map(({ dataset, state, error, problems }) => {
      if (!state) return { dataset, error: error?.message, code: error?.code }
      return {
        dataset,
        problems,
        totals: storedTotals(state.summary),
        newest_good: newestReport(state.summary, now),
        chain: state.chain ?? null,
        snapshots: state.rows.map((row) => snapshotReport(row, undefined)),
      }
    }),
  }
}

function storedTotals({ objects, bytes, unhealthy }: StatusSummary): object {
  return { stored: objects, bytes, not_healthy: unhealthy }
}

function newestReport({ newestGood }: StatusSummary, now: number): object | null {
  if (!newestGood) return null
  const { name, created } = newestGood
  const isKnown = created !== undefined && created <= now
  return { name, created, age_seconds: isKnown ? Math.round(now - created) : undefined }
}

/** @param localState null: not known; undefined: of no interest */
function snapshotReport(
  { stored, ...row }: StatusRow,
  localState: StatusRow['localState'] | null | undefined,
): object {
  return {
    name: row.name,
    type: row.type,
    parent: stored?.parent ?? null,
    twin_of: stored?.twinOf,
    health: stored ? row.health : null,
    problem: stored?.problem,
    local_state: localState,
    created: row.created,
    size: stored?.size,
    stored: stored?.bytes,
    key: stored?.key,
    guid: stored?.guid,
    compressor: stored?.compressor,
    encryptor: stored?.encryptor,
    send_flags: stored?.sendFlags,
    storage_class: stored?.storageClass,
    archive: stored?.archive?.phase,
    thawed_until: stored?.archive?.until,
    locked_until: stored?.lockedUntil,
    legal_hold: stored?.legalHold,
  }
}
