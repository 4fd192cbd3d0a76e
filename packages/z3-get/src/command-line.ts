import {
  asOfOption,
  limitOptions,
  optionFlags,
  storeOptions,
  verboseOption,
  version,
  type CommandSpec,
} from '@z3/cli'

const options = {
  output: {
    type: 'string',
    alias: 'o',
    requiresArg: true,
    value: 'FILE',
    group: 'Output',
    describe: 'Write to FILE, created when the download is complete',
  },
  metadata: {
    type: 'boolean',
    group: 'Output',
    describe: 'Print size, ETag and metadata as JSON; download nothing',
  },
  progress: {
    type: 'boolean',
    group: 'Output',
    describe: 'Show progress on stderr',
  },
  ...verboseOption,
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print only errors, and that the data could not be verified',
  },
  ...storeOptions,
  ...asOfOption,
  'version-id': {
    type: 'string',
    requiresArg: true,
    value: 'ID',
    group: 'Store',
    describe: 'Read this version of the object, also if it was replaced or deleted',
  },
  ...optionFlags('S3_PREFIX', 'MANIFEST'),
  ...optionFlags('CHUNK_SIZE'),
  ...limitOptions,
} as const

/** z3-get's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3-get',
  usage: '[options] KEY...',
  description: `Write S3 objects to standard output, one after another, reading several ranges in parallel.

All ranges come from the same version of an object; interrupted ranges are resumed. A pipe may receive a truncated object if z3-get fails: check the exit status (set -o pipefail), or use --output.`,
  options,
  common: ['bucket', 'endpoint', 'output', 'metadata', 'concurrency'],
  operands: { least: 1, most: Infinity },
  takesCommand: false,
  conflicts: [
    ['progress', 'quiet'],
    ['verbose', 'quiet'],
    ['as-of', 'version-id'],
  ],
  examples: [
    ['$0 backup/tank@a | zfs receive tank/new', 'restore a snapshot'],
    ['$0 --metadata backup/tank@a', 'show its metadata'],
  ],
  exitStatus: `0 written completely; 1 failed; 2 usage or configuration; 3 object changed or damaged; 4 no such object; 128+n ended by signal n.`,
  version,
}
