import { optionFlags, verboseOption, version, type CommandSpec } from '@z3/cli'

const options = {
  output: {
    type: 'string',
    alias: 'o',
    requiresArg: true,
    describe: 'Write to this file in place of standard output; it appears when it is whole',
  },
  metadata: {
    type: 'boolean',
    describe: 'Print what is known of the object as JSON, and nothing of it',
  },
  progress: {
    type: 'boolean',
    describe: 'Tell how far the download is',
  },
  ...verboseOption,
  quiet: {
    type: 'boolean',
    alias: 'q',
    describe: 'Print nothing but errors',
  },
  ...optionFlags(
    'BUCKET',
    'S3_ENDPOINT',
    'S3_REGION',
    'S3_ADDRESSING',
    'S3_CA_FILE',
    'CONNECT_TIMEOUT',
    'ANSWER_TIMEOUT',
    'CONCURRENCY',
    'CHUNK_SIZE',
    'MAX_RETRIES',
    'RETRY_FOR',
    'MAX_MEMORY',
  ),
} as const

/** z3-get's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3-get',
  usage: '[options] KEY',
  description: `Write an S3 object to standard output, read by several ranges at once.

Every range is pinned to the object that was there at the start, and made again where it broke off. Only the exit status tells that all of it came: a reader that must not see half an object wants --output, or set -o pipefail.`,
  options,
  operands: { least: 1, most: 1 },
  takesCommand: false,
  conflicts: [
    ['progress', 'quiet'],
    ['verbose', 'quiet'],
  ],
  examples: [
    ['$0 backup/tank@a | zfs receive tank/restored', 'restore a snapshot'],
    ['$0 --metadata backup/tank@a', 'see what is stored with it'],
  ],
  exitStatus: `0 all of it was written, 1 failed, 2 usage or configuration, 3 the object changed or is damaged, 4 no such object, 128+n ended by signal n.`,
  version,
}
