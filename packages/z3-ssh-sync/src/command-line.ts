import {
  monitorOptions,
  optionFlags,
  repeatable,
  sendOptions,
  sshFlags,
  transferOptions,
  verboseOption,
  version,
  type CommandSpec,
  jsonOption,
} from '@z3/cli'

const options = {
  ...optionFlags('FILESYSTEM', 'SNAPSHOT_PREFIX'),
  'remote-filesystem': {
    type: 'string',
    alias: 'remote-dataset',
    requiresArg: true,
    value: 'DATASET',
    group: 'Datasets',
    describe: 'Dataset on the remote host (default: the same name)',
  },
  pull: {
    type: 'boolean',
    group: 'Datasets',
    describe: 'Receive from the remote host instead of sending to it',
  },
  from: {
    type: 'string',
    requiresArg: true,
    value: '[[USER@]HOST:]DATASET',
    group: 'Datasets',
    describe: 'Source (with --to, in place of HOST)',
  },
  to: {
    type: 'string',
    requiresArg: true,
    value: '[[USER@]HOST:]DATASET',
    group: 'Datasets',
    describe: 'Destination (with --from, in place of HOST)',
  },
  snapshot: {
    type: 'string',
    requiresArg: true,
    value: 'NAME',
    group: 'Snapshots',
    describe: 'Send up to the snapshot @NAME (default: the newest)',
  },
  recursive: {
    type: 'boolean',
    alias: 'r',
    group: 'Datasets',
    describe: 'Include descendants, each with its own streams',
  },
  step: {
    type: 'boolean',
    group: 'Snapshots',
    describe: 'Send one stream per snapshot, not one for all',
  },
  'only-matching': {
    type: 'boolean',
    group: 'Snapshots',
    describe: 'Skip intermediate snapshots without the prefix',
  },
  history: {
    type: 'boolean',
    group: 'Snapshots',
    describe: 'Start a new destination with the oldest snapshot, not the newest',
  },
  'create-parents': {
    type: 'boolean',
    group: 'Destination',
    describe: 'Create missing parents of the destination',
  },
  rollback: {
    type: 'boolean',
    alias: ['force', 'F'],
    group: 'Destination',
    describe: 'Roll back the destination to the newest common snapshot',
  },
  'force-replace': {
    type: 'boolean',
    group: 'Destination',
    describe:
      'With --rollback: replace a destination that has no snapshots even if it has descendants or is the root of a pool',
  },
  'keep-common': {
    type: 'string',
    choices: ['bookmark', 'hold', 'none'],
    default: 'bookmark',
    requiresArg: true,
    group: 'Snapshots',
    describe: 'Protect the last common snapshot on the source',
  },
  'set-property': repeatable({
    type: 'string',
    requiresArg: true,
    value: 'PROPERTY=VALUE',
    group: 'Destination',
    describe: 'Set a property on received datasets (zfs receive -o); repeatable',
  } as const),
  'exclude-property': repeatable({
    type: 'string',
    requiresArg: true,
    value: 'PROPERTY',
    group: 'Destination',
    describe: 'Ignore PROPERTY in the stream (zfs receive -x); repeatable',
  } as const),
  mount: {
    type: 'boolean',
    group: 'Destination',
    describe: 'Mount received datasets',
  },
  ...sendOptions,
  compress: {
    type: 'string',
    choices: ['zstd', 'lz4', 'pigz', 'none'],
    default: 'none',
    requiresArg: true,
    group: 'Stream',
    describe: 'Compress the stream over ssh, unless its blocks are compressed',
  },
  buffer: {
    type: 'string',
    requiresArg: true,
    default: '200M',
    value: 'SIZE',
    group: 'Stream',
    describe: 'Memory of mbuffer before zfs receive, if installed (0: none)',
  },
  rate: {
    type: 'string',
    requiresArg: true,
    value: 'SIZE',
    group: 'Stream',
    describe: 'Bandwidth limit in bytes per second: 10M',
  },
  ...sshFlags,
  restricted: {
    type: 'boolean',
    group: 'ssh',
    describe:
      "The remote host runs 'z3-ssh-sync serve' as a forced command: use only what serve allows",
  },
  ...transferOptions,
  quiet: {
    type: 'boolean',
    alias: 'q',
    group: 'Output',
    describe: 'Print only errors and warnings',
  },
  ...verboseOption,
  ...jsonOption,
  ...monitorOptions,
} as const

/** z3-ssh-sync's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3-ssh-sync',
  usage: '[options] [USER@]HOST',
  description: `Send the snapshots that the destination lacks to a remote host over ssh, starting at the newest common snapshot. With --pull, receive them from there.

Nothing at the destination is rolled back or destroyed without --rollback. If the connection breaks, the next run resumes the stream.`,
  options,
  common: ['filesystem', 'remote-filesystem', 'pull', 'recursive', 'dry-run'],
  operands: { least: 0, most: 1 },
  takesCommand: false,
  monitored: (args) => (args['dry-run'] === true ? undefined : 'z3-ssh-sync'),
  conflicts: [
    ['progress', 'quiet'],
    ['sudo', 'no-sudo'],
    ['pull', 'from'],
    ['pull', 'to'],
    ['from', 'remote-filesystem'],
  ],
  examples: [
    ['$0 --dataset tank/data backup@host', 'push to host'],
    ['$0 --dataset tank/data --pull host', 'pull from host'],
    ['$0 --from a:tank/data --to b:tank/copy', 'from host a to host b'],
  ],
  exitStatus: `0 done, or nothing to do; 1 failed; 2 usage or configuration; 3 source and destination diverged; 4 no such dataset or snapshot; 128+n ended by signal n.`,
  version,
}
