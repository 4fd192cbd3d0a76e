import {
  limitOptions,
  repeatable,
  storeOptions,
  uploadOptions,
  version,
  type CommandSpec,
} from '@z3/cli'

const options = {
  'chunk-size': {
    type: 'string',
    alias: 's',
    requiresArg: true,
    value: 'SIZE',
    group: 'Upload',
    describe: 'Size of each part (default: grows with the stream)',
  },
  estimated: {
    type: 'string',
    requiresArg: true,
    value: 'SIZE',
    group: 'Upload',
    describe: 'Estimated size of the stream; selects the size of parts',
  },
  'file-descriptor': {
    type: 'string',
    requiresArg: true,
    value: 'N',
    group: 'Upload',
    describe: 'Read file descriptor N instead of standard input',
  },
  'commit-fd': {
    type: 'string',
    requiresArg: true,
    value: 'N',
    group: 'Upload',
    describe: "Complete the upload only if descriptor N delivers 'commit'",
  },
  zfs: {
    type: 'boolean',
    group: 'Upload',
    describe: 'Store the stream only if it is a complete, uncompressed ZFS stream',
  },
  metadata: repeatable({
    type: 'string',
    alias: 'meta',
    requiresArg: true,
    value: 'KEY=VALUE',
    group: 'Upload',
    describe: 'Metadata of the object; repeatable',
  } as const),
  overwrite: {
    type: 'boolean',
    group: 'Upload',
    describe: 'Replace an existing object',
  },
  resume: {
    type: 'boolean',
    group: 'Upload',
    describe: 'Continue the upload of a run that was killed: read everything, send what is missing',
  },
  progress: {
    type: 'boolean',
    group: 'Output',
    describe: 'Show progress on stderr',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print only errors',
  },
  digest: {
    type: 'boolean',
    group: 'Output',
    describe: 'Print SHA-256 and CRC-32 of the stored bytes with the result',
  },
  json: {
    type: 'boolean',
    group: 'Output',
    describe: 'Print the result as JSON even with --quiet, and errors too',
  },
  ...storeOptions,
  ...limitOptions,
  ...uploadOptions,
} as const

/** pput's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'pput',
  usage: '[options] KEY [-- COMMAND ARGS...]',
  description: `Upload standard input, or the output of COMMAND, to S3 in parts.

A pipe does not report failure: if the program that writes to it dies, pput stores the truncated stream as if it were complete. Let pput run the program itself; the upload completes only if the program exits 0:

  pput KEY -- bash -o pipefail -c 'zfs send tank@a | pigz'

Or confirm the stream with --commit-fd; or, if it is the uncompressed output of zfs send, let pput check it with --zfs.`,
  options,
  common: ['bucket', 'endpoint', 'estimated', 'metadata', 'overwrite'],
  operands: { least: 1, most: 1 },
  takesCommand: true,
  conflicts: [
    ['chunk-size', 'estimated'],
    ['progress', 'quiet'],
  ],
  examples: [
    ['$0 backup/tank@a -- zfs send tank@a', 'upload a snapshot'],
    ['zfs send tank@a | $0 --zfs backup/tank@a', 'upload a stream only if it is complete'],
    ['$0 logs/today < /var/log/syslog', 'upload a file'],
  ],
  exitStatus: `0 stored and checked; 1 failed; 2 usage or configuration; 3 object exists or differs from the stream, or (--zfs) the stream is truncated or damaged; 5 (--resume) another run uploads this key; 6 completed, but not checked; 128+n ended by signal n. Unless it is 0 or 6, the upload is aborted.`,
  version,
}
