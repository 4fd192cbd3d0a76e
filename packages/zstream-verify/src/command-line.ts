import { version, type CommandSpec } from '@z3/cli'

const options = {
  check: {
    type: 'boolean',
    group: 'Options',
    describe: 'Only check: write no stream to standard output',
  },
  guid: {
    type: 'string',
    requiresArg: true,
    value: 'GUID',
    group: 'Options',
    describe: 'Fail unless the stream contains the snapshot with this guid',
  },
  'parent-guid': {
    type: 'string',
    requiresArg: true,
    value: 'GUID',
    group: 'Options',
    describe: 'Fail unless the stream is an increment from this guid (none: full)',
  },
  summary: {
    type: 'string',
    requiresArg: true,
    value: 'FILE',
    group: 'Options',
    describe: 'Write a summary as JSON to FILE',
  },
  'try-summary': {
    type: 'string',
    requiresArg: true,
    value: 'FILE',
    group: 'Options',
    describe: 'As --summary, but only warn if FILE cannot be written',
  },
  json: {
    type: 'boolean',
    group: 'Options',
    describe: 'Print a summary as JSON (stdout with --check, else stderr)',
  },
} as const

/** zstream-verify's command line. */
export const spec = {
  name: 'zstream-verify',
  usage: '[options]',
  description: `Check every record and checksum of a ZFS send stream and copy it to standard output unchanged. If the stream is truncated or damaged, exit 3 and never write its end, so that zfs receive fails too.`,
  options,
  readsConfig: false,
  operands: { least: 0, most: 0 },
  takesCommand: false,
  examples: [
    ['zfs send tank/a@monday | $0 | zfs receive backup/a', 'check a stream in transit'],
    ['z3-get backup/tank@a | pigz -d | $0 --check', 'without ZFS'],
  ],
  exitStatus: `0 stream is complete; 1 read or write failed; 2 usage; 3 stream is truncated, damaged, of an unknown kind, not a ZFS send stream, or of another snapshot; 128+n ended by signal n.`,
  version,
} as const satisfies CommandSpec<typeof options>
