import { Z3Error, type Command } from '@z3/core'
import which from 'which'

/** The search path of execvp(3) without PATH. */
const DEFAULT_PATH = '/bin:/usr/bin'

/**
 * Find a program in the PATH of the environment that it will run in.
 *
 * @param file a name, or a path
 * @returns undefined if no executable file is found
 */
export function findProgram(file: string, env: NodeJS.ProcessEnv): string | undefined {
  const path = env['PATH'] ?? DEFAULT_PATH
  return which.sync(file, { path, nothrow: true }) ?? undefined
}

/**
 * Check that every program exists, before anything runs.
 *
 * @throws Z3Error `program-missing`, which names all missing programs
 */
export function checkPrograms(commands: readonly Command[], env: NodeJS.ProcessEnv): void {
  const files = new Set(commands.map(({ file }) => file))
  const missing = [...files].filter((file) => findProgram(file, env) === undefined)
  if (missing.length === 0) return
  const [noun, them] = missing.length === 1 ? ['program', 'it'] : ['programs', 'them']
  throw new Z3Error(
    'program-missing',
    `no such ${noun}: ${missing.map((file) => `'${file}'`).join(', ')}`,
    {
      hint: `Install ${them}, or check PATH, which is short in cron: ${env['PATH'] ?? 'it is not set'}`,
    },
  )
}
