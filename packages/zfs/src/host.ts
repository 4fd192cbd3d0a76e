import { type Command, Z3Error } from '@z3/core'
import { findProgram, runPipeline, type Stage } from '@z3/pipeline'
import { currentUser, type Run, runZfs, type ZfsHost, zfsPath } from './run.js'
import type { SshAddress } from './ssh/ssh-address.js'

/** A host with ZFS: this one, or another over ssh. */
export interface Host {
  /** For people: `this host`, `user@host`. */
  readonly title: string
  /** undefined: this host. */
  readonly ssh: SshAddress | undefined
  /** Whom zfs runs as there, for the `zfs allow` that would do. */
  readonly user: string
  /** It runs the few commands that `z3-ssh-sync serve` allows. */
  readonly restricted: boolean
  /** Its `zfs`. Errors name the host, unless it is this one. */
  readonly run: Run
  /** Its `zpool`, for questions. It fails where only `zfs` may be run. */
  readonly zpool: Run
  /**
   * What a pipeline of this host has to run so that these commands run there,
   * one into the next: as they are, or one ssh. The env of the pipeline needs
   * the PATH that `zfsPath` makes.
   */
  stages(commands: readonly Command[]): readonly Stage[]
  /**
   * The same for people to paste, when the connection of this run is gone.
   */
  shown(commands: readonly Command[]): readonly Command[]
  /** Whether a program is found there. Asked once for each. */
  hasProgram(name: string): Promise<boolean>
  /**
   * Why the connection is gone: to be asked when a stage of ours has failed.
   *
   * @returns Z3Error `ssh-failed`; undefined while the host can be reached, and
   *   for this host
   */
  lost(): Promise<Z3Error | undefined>
  /** End the connection. It does not throw, and may be called twice. */
  close(): Promise<void>
}

/** The host that this runs on. */
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
 * Be sure that a program is there before a pipeline needs it.
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
   * Called with the lines that the command writes: those on stderr as they come,
   * those on stdout (the last MiB) when it has succeeded.
   */
  readonly onLine?: ((line: string) => void) | undefined
}

/**
 * Run a command of the user's own on a host, standard input empty.
 *
 * @throws Z3Error `stage-failed`, with its status and what it said last;
 *   `program-missing`; `ssh-failed` when the host was lost
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
