import { usageError, version, type Arguments, type CommandSpec, type Io } from '@z3/cli'
import { checkDatasetName } from '@z3/core'
import { allow } from './allow.js'
import { parseRequest } from './grammar.js'
import { NotAllowed, REFUSED } from './not-allowed.js'
import type { Mode, Policy } from './policy.js'
import { runAllowed } from './run-allowed.js'

const options = {
  dataset: {
    type: 'string',
    requiresArg: true,
    describe: 'The subtree: this dataset and what is below it',
  },
  'append-only': {
    type: 'boolean',
    describe: 'Receive and look: nothing is sent, rolled back or destroyed',
  },
  'read-only': {
    type: 'boolean',
    describe: 'Send and look: nothing is received, created or rolled back',
  },
  sudo: {
    type: 'boolean',
    describe: "Let the client have zfs run by 'sudo -n'",
  },
} as const

type Args = Arguments<typeof options>

/** The command line of z3-ssh-sync serve. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3-ssh-sync serve',
  usage: '--dataset DATASET [--append-only | --read-only] [--sudo]',
  description: `Run the few zfs commands that a sync needs on one subtree, for who has a key that may do no more. It stands in authorized_keys, and sshd runs it in place of what the client asked for:

command="z3-ssh-sync serve --dataset tank/backup --append-only",restrict ssh-ed25519 AAAA...

What the client asked for is read, never given to a shell, and refused unless every word of it is known.`,
  options,
  operands: { least: 0, most: 0 },
  takesCommand: false,
  conflicts: [['append-only', 'read-only']],
  examples: [
    ['$0 --dataset tank/backup --append-only', 'for who pushes to this host'],
    ['$0 --dataset tank/data --read-only', 'for who pulls from this host'],
  ],
  exitStatus: `that of the command that was run; 2 usage; 126 not allowed, and nothing was run; 127 a program is missing; 128+n ended by signal n.`,
  version,
}

/** Characters of a refused text that are shown. */
const SHOWN = 200

/** Run `z3-ssh-sync serve`. */
export async function action(args: Args, io: Io): Promise<number> {
  const policy = policyOf(args)
  const text = io.env['SSH_ORIGINAL_COMMAND']
  try {
    if (text === undefined || text === '') {
      throw new NotAllowed('this key runs commands, and logs nobody in')
    }
    return await runAllowed(allow(parseRequest(text), policy), policy, io)
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error
    io.stderr.write(
      `z3-ssh-sync serve: not allowed: ${oneLine(error.message)}${text ? `: ${oneLine(text)}` : ''}\n`,
    )
    return REFUSED
  }
}

function policyOf(args: Args): Policy {
  const { dataset } = args
  if (dataset === undefined) throw usageError(spec, '--dataset is missing')
  checkDatasetName(dataset)
  return {
    dataset,
    mode: modeOf(args),
    sudo: args.sudo === true,
    root: isRoot(),
  }
}

function modeOf(args: Args): Mode {
  if (args['append-only']) return 'append-only'
  return args['read-only'] ? 'read-only' : 'full'
}

function isRoot(): boolean {
  return process.geteuid?.() === 0
}

/** Safe for a terminal and a log: what is not printable ASCII is written so. */
function oneLine(text: string): string {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text
  return shown.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
