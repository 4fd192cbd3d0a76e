export { hasOption } from './capabilities.js'
export * from './change-bookmark.js'
export * from './create-parents.js'
export * from './diff-lines.js'
export * from './estimate.js'
export * from './get-properties.js'
export * from './hold.js'
export type * from './host.js'
export * from './list-bookmarks.js'
export * from './list-children.js'
export * from './list-snapshots.js'
export * from './parent-of.js'
export * from './receive-command.js'
export { checkReceiveOptions } from './receive-options.js'
export * from './rename.js'
export {
  abortReceive,
  describeToken,
  resumeToken,
  type ResumeToken,
} from './resume-token.js'
export * from './rollback.js'
export * from './run.js'
export { resumeCommand, sendCommand } from './send-command.js'
export * from './ssh/ssh-target.js'
export { type SshOptions } from './ssh/ssh-command.js'
export { zfsError } from './zfs-error.js'
export * from './zfs-path.js'
