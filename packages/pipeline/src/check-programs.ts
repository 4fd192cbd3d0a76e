import { Z3Error, type Command } from '@z3/core'
import { findProgram } from './find-program.js'

/**
 * See to it that every program is there, before anything runs.
 *
 * @throws Z3Error `program-missing`, which names all that are missing
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
