export { parentOf } from './allow.js'
export * from './backup-names.js'
export { hasOption } from './capabilities.js'
export * from './change/datasets.js'
export * from './change/keep.js'
export * from './change/snapshots.js'
export { explainPipeline } from './explain-pipeline.js'
export * from './host.js'
export { ifThere, limitWords, wordsLimit } from './read/ask.js'
export * from './read/changes.js'
export { listBelow, readDatasets, readFacts, readSelection } from './read/datasets.js'
export {
  listBookmarks,
  listBookmarksOf,
  listHeld,
  listHolds,
  listSnapshots,
  listSnapshotsOf,
  type SnapshotFacts,
} from './read/list.js'
export * from './read/properties.js'
export { currentGrantee, readAllowed, type Grantee } from './read/allowed.js'
export { runZfs, zfsPath, type Run, type RunOptions } from './run.js'
export * from './split-command.js'
export * from './ssh/ssh-host.js'
export * from './ssh/ssh-address.js'
export * from './stream/mbuffer-command.js'
export * from './stream/pool-features.js'
export { checkReceiveOptions, receiveCommand } from './stream/receive.js'
export {
  abortReceive,
  describeToken,
  resumeToken,
  type ResumeToken,
} from './stream/resume-token.js'
export { estimateSend, resumeCommand, sendCommand, type SendRequest } from './stream/send.js'
export { zfsError } from './zfs-error.js'
export { getopt, type GivenOption } from './getopt.js'
