import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Command } from '@z3/core'
import type { Stage } from '@z3/pipeline'

/** The toolkit's own programs that z3 runs. */
const OURS = ['pput', 'z3-get'] as const

/**
 * The command that is run for one that is shown. A program of the toolkit is
 * the one that was installed with this one, run by the same Node: the PATH of
 * cron leads to neither.
 */
export function launch(command: Command): Stage {
  const program = OURS.find((name) => name === command.file)
  if (program === undefined) return command
  const script = scriptOf(program)
  return script === undefined
    ? { ...command, ours: true }
    : { file: process.execPath, args: [script, ...command.args], ours: true }
}

/** @returns undefined where it is installed apart: PATH is searched then */
function scriptOf(program: string): string | undefined {
  const require = createRequire(import.meta.url)
  try {
    const manifest = require.resolve(`${program}/package.json`)
    return join(dirname(manifest), 'bin', `${program}.js`)
  } catch {
    return undefined
  }
}
