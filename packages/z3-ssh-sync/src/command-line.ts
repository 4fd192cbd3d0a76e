import {
  optionFlags,
  repeatable,
  sendOptions,
  sshFlags,
  transferOptions,
  verboseOption,
  version,
  type CommandSpec,
} from '@z3/cli'

const options = {
  ...optionFlags('FILESYSTEM', 'SNAPSHOT_PREFIX'),
  'remote-filesystem': {
    type: 'string',
    alias: 'remote-dataset',
    requiresArg: true,
    describe: 'The dataset on the other host; by default the same',
  },
  pull: {
    type: 'boolean',
    describe: 'Receive from the other host instead of sending to it',
  },
  from: {
    type: 'string',
    requiresArg: true,
    describe: 'Source, [[USER@]HOST:]DATASET; with --to, for two other hosts',
  },
  to: {
    type: 'string',
    requiresArg: true,
    describe: 'Destination, [[USER@]HOST:]DATASET',
  },
  snapshot: {
    type: 'string',
    requiresArg: true,
    describe: 'Send up to this snapshot, by the part after the @; else the newest',
  },
  recursive: {
    type: 'boolean',
    alias: 'r',
    describe: 'The datasets below it, too, each by itself',
  },
  step: {
    type: 'boolean',
    describe: 'One stream for each snapshot, not one for all',
  },
  'only-matching': {
    type: 'boolean',
    describe: 'Leave out the snapshots in between that have another prefix',
  },
  history: {
    type: 'boolean',
    describe: 'Begin a new destination with the oldest snapshot, not with the newest',
  },
  'create-parents': {
    type: 'boolean',
    describe: 'Create what the destination is in, where it is missing',
  },
  rollback: {
    type: 'boolean',
    alias: ['force', 'F'],
    describe: 'Give up what the destination has beyond the newest common snapshot',
  },
  'force-replace': {
    type: 'boolean',
    describe:
      'With --rollback, also replace a destination without snapshots that has datasets below it, or is the root of its pool',
  },
  'keep-common': {
    type: 'string',
    choices: ['bookmark', 'hold', 'none'],
    default: 'bookmark',
    requiresArg: true,
    describe: 'What keeps the last common snapshot usable on the source',
  },
  'set-property': repeatable({
    type: 'string',
    requiresArg: true,
    describe: 'Set PROPERTY=VALUE on what is received (zfs receive -o)',
  } as const),
  'exclude-property': repeatable({
    type: 'string',
    requiresArg: true,
    describe: 'Do not take PROPERTY from the stream (zfs receive -x)',
  } as const),
  mount: {
    type: 'boolean',
    describe: 'Let zfs receive mount what it receives',
  },
  ...sendOptions,
  compress: {
    type: 'string',
    choices: ['zstd', 'lz4', 'pigz', 'none'],
    default: 'none',
    requiresArg: true,
    describe: 'Compress what goes over the line, unless it is compressed',
  },
  buffer: {
    type: 'string',
    requiresArg: true,
    default: '200M',
    describe: 'Memory of mbuffer before zfs receive, where it is there; 0: none',
  },
  rate: {
    type: 'string',
    requiresArg: true,
    describe: 'At most so many bytes a second: 10M',
  },
  ...sshFlags,
  restricted: {
    type: 'boolean',
    describe:
      'The other host runs z3-ssh-sync serve as a forced command: send it nothing else than that allows',
  },
  ...transferOptions,
  quiet: {
    type: 'boolean',
    alias: 'q',
    describe: 'Print nothing but errors and warnings',
  },
  ...verboseOption,
  json: {
    type: 'boolean',
    describe: 'Print the result as JSON, errors too',
  },
} as const

/** z3-ssh-sync's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3-ssh-sync',
  usage: '[options] [USER@]HOST',
  description: `Send the snapshots of a dataset to another host over ssh, or receive them from there with --pull: those that the destination does not have, from the newest that both have.

Nothing at the destination is given up unless --rollback is given. A line that breaks is no loss: what has arrived is kept, and the next run goes on there.`,
  options,
  operands: { least: 0, most: 1 },
  takesCommand: false,
  conflicts: [
    ['progress', 'quiet'],
    ['sudo', 'no-sudo'],
    ['pull', 'from'],
    ['pull', 'to'],
    ['from', 'remote-filesystem'],
  ],
  examples: [
    ['$0 --dataset tank/data backup@host', 'push'],
    ['$0 --dataset tank/data --pull host', 'pull'],
    ['$0 --from a:tank/data --to b:tank/copy', 'from one to another'],
  ],
  exitStatus: `0 done, or nothing to do; 1 failed; 2 usage or configuration; 3 source and destination do not fit; 4 no such dataset or snapshot; 128+n ended by signal n.`,
  version,
}
