import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import { findLockDirectory, lockPlaces, xdgFile } from '@z3/cli'
import { ok, problem, warning, type Finding } from '../finding.js'

/** What a run misses without a directory of its own. */
const LOST = {
  XDG_STATE_HOME: 'interrupted uploads are not continued, and verifications not remembered',
  XDG_CACHE_HOME: 'every run reads the metadata of all objects again',
} as const

/** Whether the directories for locks, state and cache can be written. Makes nothing. */
export async function checkDirectories(
  env: NodeJS.ProcessEnv,
  places = lockPlaces(),
): Promise<readonly Finding[]> {
  return [
    await lockFinding(places),
    await stateFinding('state', 'XDG_STATE_HOME', env),
    await stateFinding('cache', 'XDG_CACHE_HOME', env),
  ]
}

async function lockFinding(places: readonly string[]): Promise<Finding> {
  try {
    return ok('locks', `kept in ${await findLockDirectory(places)}`)
  } catch (error) {
    return problem(
      'locks',
      `no directory for locks can be used, and no backup runs: ${reasonOf(error)}`,
      `Make one of ${places.join(', ')} writable, and remove it if it belongs to another user.`,
    )
  }
}

async function stateFinding(
  check: string,
  variable: keyof typeof LOST,
  env: NodeJS.ProcessEnv,
): Promise<Finding> {
  const file = xdgFile(env, variable, check, '')
  if (file === undefined) {
    const what = `neither HOME nor ${variable} is set: ${LOST[variable]}`
    return warning(check, what, `Set ${variable} to an absolute path.`)
  }
  const directory = dirname(file)
  try {
    await checkWritable(directory)
    return ok(check, `kept in ${directory}`)
  } catch (error) {
    const what = `${directory} cannot be written (${reasonOf(error)}): ${LOST[variable]}`
    return warning(check, what, `Make it writable, or set ${variable} to another path.`)
  }
}

/**
 * Whether files can be made in a directory, which is made when it is needed.
 *
 * @throws the error of the file system
 */
async function checkWritable(directory: string): Promise<void> {
  try {
    await access(directory, constants.W_OK | constants.X_OK)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isMissing || dirname(directory) === directory) throw error
    await checkWritable(dirname(directory))
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
