import { execFile, type ExecFileException } from 'node:child_process'
import { Z3Error } from '@z3/core'
import { currentUser } from './current-user.js'
import { zfsError } from './zfs-error.js'
import { zfsPath } from './zfs-path.js'

/** Room for the listing of a million snapshots, bytes. */
const MAX_OUTPUT = 256 * 1024 * 1024

export interface RunOptions {
  /**
   * What it wrote to stderr follows stdout in the answer: for commands that
   * exit 0 and have more to say.
   */
  readonly withStderr?: boolean
}

/**
 * Run `zfs` with arguments, on this host or on another, standard input empty.
 *
 * @returns what it wrote to stdout
 * @throws Z3Error what `zfsError` makes of a failure
 */
export type Run = (
  args: readonly string[],
  options?: RunOptions,
) => Promise<string>

export interface ZfsHost {
  readonly env: NodeJS.ProcessEnv
  /** Ends a command that runs; what is thrown then is the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

interface Outcome {
  readonly error: ExecFileException | null
  readonly stdout: string
  readonly stderr: string
}

/** The `zfs` of this host, without a shell. */
export function runZfs({ env, signal }: ZfsHost): Run {
  const childEnv = { ...env, PATH: zfsPath(env), LC_ALL: 'C' }
  return async (args, { withStderr = false } = {}) => {
    signal?.throwIfAborted()
    const { error, stdout, stderr } = await exec(args, childEnv, signal)
    if (error) {
      signal?.throwIfAborted()
      throw failure(args, stderr, error)
    }
    return withStderr ? stdout + stderr : stdout
  }
}

function exec(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      'zfs',
      args,
      { env, signal, encoding: 'utf8', maxBuffer: MAX_OUTPUT },
      (error, stdout, stderr) => {
        resolve({ error, stdout, stderr })
      },
    )
    // nothing that we ask of zfs reads it, and nothing shall wait for it
    child.stdin?.end()
  })
}

function failure(
  args: readonly string[],
  stderr: string,
  error: ExecFileException,
): Z3Error {
  const { code } = error
  if (code === 'ENOENT' || code === 'EACCES') {
    return new Z3Error(
      'zfs-unavailable',
      code === 'ENOENT'
        ? "there is no 'zfs' command here"
        : "the 'zfs' command may not be executed",
      {
        hint: 'Install ZFS (zfsutils-linux on Debian and Ubuntu), or set PATH to where it is: cron has a short one of its own.',
        cause: error,
      },
    )
  }
  if (typeof code === 'string') {
    return new Z3Error(
      'zfs-failed',
      `zfs ${String(args[0])} could not be run to its end: ${error.message}`,
      { cause: error },
    )
  }
  return zfsError({
    args,
    stderr,
    code: code ?? null,
    signal: error.signal ?? null,
    user: currentUser(),
  })
}
