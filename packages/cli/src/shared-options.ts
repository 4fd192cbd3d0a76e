import type { SendFlag } from '@z3/core'

/** The flags of zfs send that shape a stream. */
export const sendOptions = {
  raw: {
    type: 'boolean',
    alias: 'w',
    describe: 'Send as it is on disk: encrypted data stay so (zfs send -w)',
  },
  'large-block': {
    type: 'boolean',
    alias: 'L',
    describe: 'Send blocks above 128 KiB whole (zfs send -L)',
  },
  embed: {
    type: 'boolean',
    alias: 'e',
    describe: 'Send embedded blocks as such (zfs send -e)',
  },
  compressed: {
    type: 'boolean',
    alias: 'c',
    describe: 'Send compressed blocks as they are (zfs send -c)',
  },
} as const

/** What `sendOptions` were given. */
export interface SendArguments {
  readonly raw?: boolean | undefined
  readonly 'large-block'?: boolean | undefined
  readonly embed?: boolean | undefined
  readonly compressed?: boolean | undefined
}

/** The flags that were asked for, in the order of core's SEND_FLAGS. */
export function requestedFlags(args: SendArguments): readonly SendFlag[] {
  const flags: readonly (readonly [SendFlag, boolean | undefined])[] = [
    ['w', args.raw],
    ['L', args['large-block']],
    ['e', args.embed],
    ['c', args.compressed],
  ]
  return flags.filter(([, given]) => given).map(([flag]) => flag)
}

export const verboseOption = {
  verbose: {
    type: 'boolean',
    alias: 'v',
    describe: 'Tell on stderr what is done',
  },
} as const

/** Of programs that move data; what `--quiet` leaves is theirs to say. */
export const transferOptions = {
  'dry-run': {
    type: 'boolean',
    alias: 'n',
    describe: 'Print the commands that would run, and change nothing',
  },
  progress: {
    type: 'boolean',
    describe: 'Show progress even where stderr is no terminal',
  },
} as const
