import { COMPRESSORS, Z3Error } from '@z3/core'
import { findProgram } from '@z3/pipeline'
import { zfsPath } from '@z3/zfs'
import type { Given } from './given.js'
import type { Prompter } from './prompt.js'

/** What the command line says of it. */
interface CompressorGiven extends Pick<Given, 'has'> {
  readonly settings: Pick<Given['settings'], 'COMPRESSOR'>
}

/**
 * Settle the compressor: one whose program is installed.
 *
 * @param say told if the program of the default is missing, and nobody can be asked
 * @returns undefined: the default
 * @throws Z3Error `program-missing` for one of the command line
 */
export async function settleCompressor(
  { has, settings: { COMPRESSOR: named } }: CompressorGiven,
  prompter: Prompter | undefined,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<string | undefined> {
  const missing = missingProgram(named, env)
  if (has('COMPRESSOR')) {
    if (missing === undefined) return named
    throw new Z3Error('program-missing', `no such program: '${missing}'`, {
      hint: 'Install it, or choose another --compressor. Nothing was written.',
    })
  }
  if (prompter) {
    const installed = [...COMPRESSORS.keys()].filter(
      (name) => missingProgram(name, env) === undefined,
    )
    return prompter.choose('Compressor of the backups', [
      ...installed.map((name) => ({ value: name, text: name })),
      { value: 'none', text: 'none: the data is compressed or encrypted already' },
    ])
  }
  if (missing !== undefined) say(`install ${missing}, or set COMPRESSOR: it is the default`)
  return undefined
}

/** @returns undefined: it is installed, or none is needed */
function missingProgram(compressor: string, env: NodeJS.ProcessEnv): string | undefined {
  const file = COMPRESSORS.get(compressor)?.compress.file
  if (file === undefined) return undefined
  return findProgram(file, { PATH: zfsPath(env) }) === undefined ? file : undefined
}
