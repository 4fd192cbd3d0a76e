import { usageError, version, type Arguments, type CommandSpec, type Io } from '@z3/cli'
import { checkDatasetName } from '@z3/core'
import { allow } from './allow.js'
import { parseRequest } from './grammar.js'
import { NotAllowed, REFUSED, type Mode, type Policy } from './policy.js'
import { runAllowed } from './run-allowed.js'

const options = {
  dataset: {
    type: 'string',
    requiresArg: true,
    value: 'DATASET',
    group: 'Options',
    describe: 'Allow only this dataset and its descendants',
  },
  'append-only': {
    type: 'boolean',
    group: 'Options',
    describe: 'Allow receiving and listing; no send, rollback or destroy',
  },
  'read-only': {
    type: 'boolean',
    group: 'Options',
    describe: 'Allow sending and listing; no receive, create or rollback',
  },
  sudo: {
    type: 'boolean',
    group: 'Options',
    describe: "Allow the client to run zfs with 'sudo -n'",
  },
} as const

type Args = Arguments<typeof options>

/** The command line of z3-ssh-sync serve. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3-ssh-sync serve',
  usage: '--dataset DATASET [--append-only | --read-only] [--sudo]',
  description: `Restrict an ssh key to the zfs commands that a sync needs on one dataset and its descendants. Use it as a forced command in authorized_keys:

  command="z3-ssh-sync serve --dataset tank/backup --append-only",restrict
  ssh-ed25519 AAAA...   (on one line)

The command that the client requests is parsed, never passed to a shell, and refused unless every word of it is allowed.`,
  options,
  operands: { least: 0, most: 0 },
  takesCommand: false,
  conflicts: [['append-only', 'read-only']],
  examples: [
    ['$0 --dataset tank/backup --append-only', 'clients push here'],
    ['$0 --dataset tank/data --read-only', 'clients pull'],
  ],
  exitStatus: `That of the zfs command; 2 usage; 126 not allowed (nothing was run); 127 program not found; 128+n ended by signal n.`,
  version,
}

/** Maximum length of a refused text in a message. */
const SHOWN = 200

/** Run `z3-ssh-sync serve`. */
export async function action(args: Args, io: Io): Promise<number> {
  const policy = policyOf(args)
  const text = io.env['SSH_ORIGINAL_COMMAND']
  try {
    if (text === undefined || text === '') {
      throw new NotAllowed('this key permits commands, not logins')
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
  if (dataset === undefined) throw usageError(spec, '--dataset is required')
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

/** Escape anything that is not printable ASCII, for a terminal or log. */
function oneLine(text: string): string {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text
  return shown.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
