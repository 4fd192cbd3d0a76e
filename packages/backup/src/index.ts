export * from './back-up-dataset.js'
export * from './context.js'
export * from './filters.js'
export type { Wanted } from './prepare-backup.js'
export * from './programs.js'
export * from './store/load-stored.js'
export * from './store/xdg-file.js'
export {
  identityOf,
  mergeRecords,
  readRecords,
  recordsFile,
  verifiedAt,
  writeRecords,
  type VerifyRecord,
  type VerifyRecords,
} from './store/verify-records.js'
export * from './prune/prune.js'
export type { Outcome } from './prune/delete-object.js'
