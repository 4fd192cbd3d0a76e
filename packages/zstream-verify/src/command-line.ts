import { version, type CommandSpec } from '@z3/cli'

const options = {
  check: {
    type: 'boolean',
    describe: 'Only check: write no stream to standard output',
  },
  json: {
    type: 'boolean',
    describe: 'Print a summary as JSON: to standard output with --check, else to standard error',
  },
} as const

/** zstream-verify's command line. */
export const spec = {
  name: 'zstream-verify',
  usage: '[--check] [--json]',
  description: `Read a ZFS send stream, check every record and every checksum in it, and write it on unchanged.

A stream that is cut or damaged is never written to its end: zstream-verify exits 3, and what reads from it sees a stream without an end.`,
  options,
  readsConfig: false,
  operands: { least: 0, most: 0 },
  takesCommand: false,
  examples: [
    ['zfs send tank/data@monday | $0 | zfs receive backup/data', 'check a stream on its way'],
    ['z3-get z3-backup/tank@monday | pigz -d | $0 --check', 'check a stored stream without ZFS'],
  ],
  exitStatus: `0 the stream is whole; 1 failed to read or write; 2 wrong usage; 3 the stream is cut, damaged, of an unknown kind, or no ZFS send stream; 128+n ended by signal n.`,
  version,
} as const satisfies CommandSpec<typeof options>
