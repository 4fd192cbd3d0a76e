import { jsonOption, version, type CommandSpec } from '@z3/cli'

const options = {
  check: {
    type: 'string',
    value: '[FILE]',
    group: 'Options',
    describe: 'Compare with the list in FILE (default: standard input)',
  },
  'block-size': {
    type: 'string',
    requiresArg: true,
    default: '4096',
    value: 'BYTES',
    group: 'Options',
    describe: 'Size of a block',
  },
  count: {
    type: 'string',
    requiresArg: true,
    default: '25600',
    value: 'N',
    group: 'Options',
    describe: 'Blocks of a chunk',
  },
  skip: {
    type: 'string',
    requiresArg: true,
    default: '0',
    value: 'N',
    group: 'Options',
    describe: 'Skip N chunks after each hashed one; --check: the list was written so',
  },
  parallel: {
    type: 'string',
    requiresArg: true,
    value: 'N',
    group: 'Options',
    describe: 'Chunks to hash at once (default: one per CPU, at most 4)',
  },
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print no notes about skipped files',
  },
  ...jsonOption,
} as const

/** z3-check's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3-check',
  usage: '[options] TARGET',
  description: `Print the SHA-1 of each chunk of a file, a block device, a directory or a ZFS snapshot, in the format of zfs-check, or compare TARGET with such a list.

TARGET is a snapshot if it has an @ and does not begin with / or a dot. Empty files, symbolic links and special files are not in a list.`,
  options,
  readsConfig: false,
  operands: { least: 1, most: 1 },
  takesCommand: false,
  examples: [
    ['$0 tank/home@monday', 'print a list'],
    ['$0 backup/home@monday --check monday.list', 'check the copy'],
    ['$0 tank/vm@monday | ssh nas $0 backup/vm@monday --check', 'compare two hosts'],
  ],
  exitStatus: `0 done, and all chunks match; 1 failed; 2 wrong usage or list; 3 TARGET differs from the list; 4 no such file or snapshot; 5 another run reads a snapshot of the volume; 128+n ended by signal n.`,
  version,
}
