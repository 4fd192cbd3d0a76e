import { readFile } from 'node:fs/promises'
import { usageError, version, type Arguments, type CommandSpec, type Io } from '@z3/cli'
import { EXIT } from '@z3/core'

const options = {} as const

type Args = Arguments<typeof options>

const SHELLS = ['bash', 'zsh', 'fish']

/** z3 completion's command line. */
export const spec: CommandSpec<typeof options> = {
  name: 'z3 completion',
  usage: '[options] bash|zsh|fish',
  description: `Print a script that completes the command lines of all programs of the toolkit: commands, options, values, datasets and snapshots of this host, and what the bucket has for z3 restore and verify.`,
  options,
  readsConfig: false,
  operands: { least: 1, most: 1 },
  takesCommand: false,
  examples: [
    ['eval "$($0 bash)"', 'in ~/.bashrc, after bash-completion'],
    ['$0 zsh > /usr/local/share/zsh/site-functions/_z3', 'for all users'],
    ['$0 fish > ~/.config/fish/completions/z3.fish', 'also for pput: pput.fish, and so on'],
  ],
  exitStatus: `0 printed; 2 usage.`,
  version,
}

/** Run `z3 completion`. */
export async function action({ operands: [shell = ''] }: Args, io: Io): Promise<number> {
  if (!SHELLS.includes(shell)) {
    throw usageError(spec, `there is no completion for '${shell}': bash, zsh or fish`)
  }
  // scripts/completion.d makes it from the tables of options
  io.stdout.write(await readFile(new URL(`completion.${shell}`, import.meta.url)))
  return EXIT.ok
}
