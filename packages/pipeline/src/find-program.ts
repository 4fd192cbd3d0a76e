import which from 'which'

/** Where execvp(3) looks when there is no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin'

/**
 * Where a program is, by the PATH of the environment that it will run in.
 *
 * @param file a name, or a path
 * @returns undefined where there is none that may be executed
 */
export function findProgram(file: string, env: NodeJS.ProcessEnv): string | undefined {
  const path = env['PATH'] ?? DEFAULT_PATH
  return which.sync(file, { path, nothrow: true }) ?? undefined
}
