import { userInfo } from 'node:os'
import { Z3Error } from '@z3/core'
import { exec, type ExecResult } from './exec.js'
import { zfsError } from './zfs-error.js'

export interface RunOptions {
  /**
   * What it wrote to stderr follows stdout in the answer: for commands that
   * exit 0 and have more to say.
   */
  readonly withStderr?: boolean
  /**
   * Lines of stdout after which it may be ended, for a command that has much to
   * say and changes nothing.
   */
  readonly firstLines?: number
}

/**
 * Run `zfs` with arguments, on this host or on another, standard input empty.
 *
 * @returns what it wrote to stdout
 * @throws Z3Error what `zfsError` makes of a failure
 */
export type Run = (args: readonly string[], options?: RunOptions) => Promise<string>

export interface ZfsHost {
  readonly env: NodeJS.ProcessEnv
  /** Ends a command that runs; what is thrown then is the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** The `zfs`, or `zpool`, of this host, without a shell. */
export function runZfs({ env, signal }: ZfsHost, file: 'zfs' | 'zpool' = 'zfs'): Run {
  const childEnv = { ...env, PATH: zfsPath(env), LC_ALL: 'C' }
  return async (args, { withStderr = false, firstLines } = {}) => {
    signal?.throwIfAborted()
    const outcome = await exec({ file, args }, { env: childEnv, signal, firstLines })
    if (outcome.code !== 0 || outcome.error) {
      signal?.throwIfAborted()
      throw failure(file, args, outcome)
    }
    const { stdout, stderr } = outcome
    return withStderr ? stdout + stderr : stdout
  }
}

function failure(
  file: string,
  args: readonly string[],
  { stderr, code, killedBy, error }: ExecResult,
): Z3Error {
  const problem = error?.code
  if (problem === 'ENOENT' || problem === 'EACCES') {
    return new Z3Error(
      'zfs-unavailable',
      problem === 'ENOENT'
        ? `there is no '${file}' command here`
        : `the '${file}' command may not be executed`,
      {
        hint: 'Install ZFS (zfsutils-linux on Debian and Ubuntu), or add its directory to PATH: cron uses a short PATH.',
        cause: error,
      },
    )
  }
  if (error) {
    return new Z3Error(
      'zfs-failed',
      `${file} ${String(args[0])} could not be run to its end: ${error.message}`,
      { cause: error },
    )
  }
  return zfsError({ args, stderr, code, signal: killedBy, user: currentUser() })
}

/**
 * Where zfs is installed: Debian's packages and Linux distributions at large,
 * FreeBSD, and a build of one's own. cron's PATH and that of an ordinary user
 * have none of them.
 */
const ADMIN = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** What programs are searched in where there is no PATH at all. */
const DEFAULT = '/usr/local/bin:/usr/bin:/bin'

/**
 * The PATH to run `zfs` with: the caller's, then the directories of the
 * administrator's programs that it lacks. Whatever the caller's PATH finds is
 * still found first.
 */
export function zfsPath(env: NodeJS.ProcessEnv): string {
  // an empty PATH would mean the working directory
  const path = env['PATH'] === undefined || env['PATH'] === '' ? DEFAULT : env['PATH']
  const present = path.split(':')
  return [path, ...ADMIN.filter((dir) => !present.includes(dir))].join(':')
}

/** Whom `zfs allow` would have to name. */
export function currentUser(): string {
  try {
    return userInfo().username
  } catch {
    // no entry in passwd, as in a container; zfs allow takes numbers too
    return String(process.getuid?.() ?? 'USER')
  }
}
