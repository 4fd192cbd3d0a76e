import type { SendFlag } from '@z3/core'
import { PROGRESS } from '../terminal/progress-output.js'

/** The flags of zfs send that shape a stream. */
export const sendOptions = {
  raw: {
    type: 'boolean',
    alias: 'w',
    group: 'Stream',
    describe: 'Send raw: encrypted data stays encrypted (zfs send -w)',
  },
  'large-block': {
    type: 'boolean',
    alias: 'L',
    group: 'Stream',
    describe: 'Send blocks larger than 128 KiB unsplit (zfs send -L)',
  },
  embed: {
    type: 'boolean',
    alias: 'e',
    group: 'Stream',
    describe: 'Send embedded blocks unchanged (zfs send -e)',
  },
  compressed: {
    type: 'boolean',
    alias: 'c',
    group: 'Stream',
    describe: 'Send compressed blocks without decompressing (zfs send -c)',
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

export const jsonOption = {
  json: {
    type: 'boolean',
    group: 'Output',
    describe: 'Print the result as JSON, and errors too',
  },
} as const

export const verboseOption = {
  verbose: {
    type: 'boolean',
    alias: 'v',
    group: 'Output',
    describe: 'Log every step to stderr',
  },
} as const

/** Of programs that move data; what `--quiet` leaves is theirs to say. */
export const transferOptions = {
  'dry-run': {
    type: 'boolean',
    alias: 'n',
    group: 'Output',
    describe: 'Print the commands and change nothing',
  },
  progress: {
    type: 'string',
    choices: PROGRESS,
    bare: 'always',
    value: 'WHEN',
    group: 'Output',
    describe: 'Show progress: auto (default, on a terminal), always, plain (lines) or none',
  },
} as const

/** Of programs that read a store. */
export const asOfOption = {
  'as-of': {
    type: 'string',
    requiresArg: true,
    value: 'TIME',
    group: 'Store',
    describe: "Show the bucket as of TIME, with versioning: '2026-11-28 14:30', 3d",
  },
} as const
