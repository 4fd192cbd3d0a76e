import { userInfo } from 'node:os'
import { Z3Error } from '@z3/core'
import { exec, type ExecResult } from './exec.js'
import { zfsError } from './zfs-error.js'

export interface RunOptions {
  /** Append stderr to the result, for commands that exit 0 and print messages. */
  readonly withStderr?: boolean
  /**
   * Stop the command after this many lines of stdout; for long output of commands that change
   * nothing.
   */
  readonly firstLines?: number
}

/**
 * Run `zfs` with arguments, on this host or another, with an empty standard input.
 *
 * @returns its stdout
 * @throws Z3Error as `zfsError` returns
 */
export type Run = (args: readonly string[], options?: RunOptions) => Promise<string>

export interface ZfsHost {
  readonly env: NodeJS.ProcessEnv
  /** Stops a running command; the signal's reason is then thrown. */
  readonly signal?: AbortSignal | undefined
}

/** `zfs` or `zpool` of this host, without a shell. */
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
        ? `command not found: '${file}'`
        : `permission denied to execute '${file}'`,
      {
        hint: 'Install ZFS (zfsutils-linux on Debian and Ubuntu), or add its directory to PATH: cron uses a short PATH.',
        cause: error,
      },
    )
  }
  if (error) {
    return new Z3Error(
      'zfs-failed',
      `cannot run '${file} ${String(args[0])}' to completion: ${error.message}`,
      { cause: error },
    )
  }
  return zfsError({ args, stderr, code, signal: killedBy, user: currentUser() })
}

/**
 * Where zfs is installed: by Debian and other Linux distributions, by FreeBSD, by a local build.
 * The PATH of cron and that of ordinary users contain none of them.
 */
const ADMIN = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The search path if PATH is not set. */
const DEFAULT = '/usr/local/bin:/usr/bin:/bin'

/**
 * The PATH to run `zfs` with: the caller's, plus the missing directories of administration
 * programs. What the caller's PATH finds takes precedence.
 */
export function zfsPath(env: NodeJS.ProcessEnv): string {
  // an empty PATH would mean the working directory
  const path = env['PATH'] === undefined || env['PATH'] === '' ? DEFAULT : env['PATH']
  const present = path.split(':')
  return [path, ...ADMIN.filter((dir) => !present.includes(dir))].join(':')
}

/** The user for `zfs allow`. */
export function currentUser(): string {
  try {
    return userInfo().username
  } catch {
    // a container may have no passwd entry; zfs allow also accepts a number
    return String(process.getuid?.() ?? 'USER')
  }
}
