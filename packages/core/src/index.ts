export * from './cut-middle.js'
export * from './errors.js'
export * from './human-duration.js'
export * from './rate.js'
export * from './size.js'
export * from './part-size.js'
export * from './snapshot.js'
export * from './metadata.js'
export {
  ASIDE,
  formatManifest,
  manifestKey,
  MAX_MANIFEST,
  parseManifest,
  type Manifest,
  type ManifestStream,
} from './manifest.js'
export * from './beside.js'
export * from './suggest.js'
export * from './codec.js'
export * from './versions/stream-head.js'
export {
  CONTENT_BYTES,
  CONTENTS,
  mustLook,
  recognizeContent,
  type Content,
} from './versions/content.js'
export * from './versions/send-flags.js'
export * from './versions/archive.js'
export type * from './versions/local-snapshot.js'
export * from './bookmark.js'
export * from './versions/stored-metadata.js'
export { encryptionOf, ownName, type StoredSnapshot } from './versions/stored-snapshot.js'
export { checkHealth, chainOf, storedByName, type Health } from './versions/chain.js'
export * from './versions/order.js'
export type * from './plan/policy.js'
export type { BackupPlan, BackupRequest, BackupStep, Retention } from './plan/backup/backup-plan.js'
export * from './plan/backup/may-be-base.js'
export * from './plan/backup/plan-backup.js'
export * from './plan/restore/plan-restore.js'
export * from './plan/restore/restore-plan.js'
export * from './plan/diff.js'
export * from './plan/sync/sync-plan.js'
export * from './plan/sync/plan-sync.js'
export * from './plan/sync/sync-marks.js'
export * from './versions/status.js'
export * from './is-within.js'
export { parseMoment } from './parse-moment.js'
export * from './select/name-formats.js'
export * from './select/select-datasets.js'
export { describePrefixes, groupByPrefix } from './select/snapshot-prefixes.js'
export * from './select/plan-snapshots.js'
export type * from './plan/replication-plan.js'
export * from './plan/plan-replication.js'
export { parseAge } from './thin/parse-age.js'
export { excerpt } from './thin/duration.js'
export * from './thin/schedule.js'
export * from './thin/thin.js'
export * from './thin/plan-missing.js'
export * from './thin/plan-prune.js'
export * from './thin/check-prune.js'
export * from './plan/plan-verify.js'
export * from './versions/restorable.js'
export * from './versions/dataset-summary.js'
export * from './continuation.js'
export * from './plan/plan-copy.js'
export * from './bucket-url.js'
