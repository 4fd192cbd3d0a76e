import { optionFlags, repeatable, version, type CommandSpec } from '@z3/cli'

const options = {
  'chunk-size': {
    type: 'string',
    alias: 's',
    requiresArg: true,
    describe:
      'Size of every part (5M, 1G). Default: parts grow with the stream; with --estimated, its size decides',
  },
  estimated: {
    type: 'string',
    requiresArg: true,
    describe: 'Estimated size of the stream (50G); parts are chosen to fit it',
  },
  'file-descriptor': {
    type: 'string',
    requiresArg: true,
    describe: 'Read this descriptor in place of standard input',
  },
  'commit-fd': {
    type: 'string',
    requiresArg: true,
    describe: "Complete the upload only if this descriptor says 'commit' once the stream has ended",
  },
  metadata: repeatable({
    type: 'string',
    alias: 'meta',
    requiresArg: true,
    describe: 'Metadata to store, KEY=VALUE; may be given several times',
  } as const),
  overwrite: {
    type: 'boolean',
    describe: 'Replace the object if it exists',
  },
  progress: {
    type: 'boolean',
    describe: 'Tell of every part that is uploaded',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    describe: 'Print nothing but errors',
  },
  json: {
    type: 'boolean',
    describe: 'Print the result as JSON even with --quiet, errors too',
  },
  ...optionFlags(
    'BUCKET',
    'S3_ENDPOINT',
    'S3_REGION',
    'S3_ADDRESSING',
    'S3_CA_FILE',
    'CONNECT_TIMEOUT',
    'ANSWER_TIMEOUT',
    'COMPLETE_TIMEOUT',
    'CONCURRENCY',
    'MAX_RETRIES',
    'RETRY_FOR',
    'MAX_MEMORY',
    'S3_STORAGE_CLASS',
    'S3_ACL',
  ),
} as const

/** pput's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'pput',
  usage: '[options] KEY [-- COMMAND ARGS...]',
  description: `Read a stream from standard input and upload it to S3 in parts.

An end of the stream is all that a pipe can tell: when the program that writes it dies, what came until then is stored as if it were whole. Let pput run the program itself, and it stores nothing unless the program succeeds:

  pput KEY -- bash -o pipefail -c 'zfs send tank@a | pigz'

or let whoever started the programs vouch for them with --commit-fd.`,
  options,
  operands: { least: 1, most: 1 },
  takesCommand: true,
  conflicts: [
    ['chunk-size', 'estimated'],
    ['progress', 'quiet'],
  ],
  examples: [
    ['$0 logs/today < /var/log/syslog', 'upload a file'],
    ['$0 backup/tank@a -- zfs send tank@a', 'upload a snapshot, or nothing'],
  ],
  exitStatus: `0 stored and checked, 1 failed, 2 usage or configuration, 3 the object exists or is not what was sent, 6 completed or perhaps completed, but not checked, 128+n ended by signal n. Whenever it is neither 0 nor 6, the upload has been aborted.`,
  version,
}
