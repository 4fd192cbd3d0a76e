import { type Command, Z3Error } from '@z3/core'
import { findProgram, runPipeline, type Stage } from '@z3/pipeline'
import { currentUser, type Run, runZfs, type ZfsHost, zfsPath } from './run.js'
import type { SshAddress } from './ssh/ssh-address.js'

/** A host with ZFS: this machine, or another over ssh. */
export interface Host {
  /** For messages: `this host`, `user@host`. */
  readonly title: string
  /** undefined: this host. */
  readonly ssh: SshAddress | undefined
  /** The user that zfs runs as, for `zfs allow`. */
  readonly user: string
  /** The host runs only the few commands that `z3-ssh-sync serve` allows. */
  readonly restricted: boolean
  /** `zfs` on this host. Errors name the host unless it is this machine. */
  readonly run: Run
  /** `zpool`, for queries. Fails if the host permits only `zfs`. */
  readonly zpool: Run
  /**
   * The stages that run these commands as a pipeline on the host: the commands themselves, or one
   * ssh. The environment of the pipeline needs the PATH from `zfsPath`.
   */
  stages(commands: readonly Command[]): readonly Stage[]
  /** The same commands for people to paste, without this run's connection. */
  shown(commands: readonly Command[]): readonly Command[]
  /** Whether a program is installed. Looked up once per program. */
  hasProgram(name: string): Promise<boolean>
  /**
   * Why the connection is lost. Call it after a stage has failed.
   *
   * @returns Z3Error `ssh-failed`; undefined if the host is reachable, and for this machine
   */
  lost(): Promise<Z3Error | undefined>
  /** Close the connection. Does not throw, may be called twice. */
  close(): Promise<void>
}

/** The host that this process runs on. */
export function localHost(here: ZfsHost): Host {
  const env = { ...here.env, PATH: zfsPath(here.env) }
  return {
    title: 'this host',
    ssh: undefined,
    user: currentUser(),
    restricted: false,
    run: runZfs(here),
    zpool: runZfs(here, 'zpool'),
    stages: (commands) => commands,
    shown: (commands) => commands,
    hasProgram: (name) => Promise.resolve(findProgram(name, env) !== undefined),
    lost: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  }
}

/**
 * Check that a program is installed before a pipeline needs it.
 *
 * @throws Z3Error `program-missing`, which names the host
 */
export async function needProgram(host: Host, program: string): Promise<void> {
  if (await host.hasProgram(program)) return
  throw new Z3Error('program-missing', `no such program on ${host.title}: '${program}'`, {
    hint: 'Install it there, or omit the option.',
  })
}

export interface RunOnHostOptions {
  readonly env: NodeJS.ProcessEnv
  /** Ends the command. */
  readonly signal: AbortSignal
  /**
   * Called with the lines that the command prints: stderr immediately, stdout (the last MiB) after
   * success.
   */
  readonly onLine?: ((line: string) => void) | undefined
}

/**
 * Run a user's command on a host, with an empty standard input.
 *
 * @throws Z3Error `stage-failed` with its status and last output; `program-missing`; `ssh-failed`
 *   if the connection was lost
 * @throws the signal's reason
 */
export async function runOnHost(
  host: Host,
  command: Command,
  { env, signal, onLine }: RunOnHostOptions,
): Promise<void> {
  try {
    const { stdout } = await runPipeline(host.stages([command]), {
      env: { ...env, PATH: zfsPath(env) },
      signal,
      captureStdout: onLine !== undefined,
      onStderr: (_stage, line) => onLine?.(line),
    })
    for (const line of stdout.split('\n')) if (line !== '') onLine?.(line)
  } catch (error) {
    signal.throwIfAborted()
    throw (await host.lost()) ?? error
  }
}
