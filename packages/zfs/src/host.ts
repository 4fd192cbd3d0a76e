import type { Command, Z3Error } from '@z3/core'
import type { Stage } from '@z3/pipeline'
import type { Run } from './run.js'
import type { SshTarget } from './ssh/ssh-target.js'

/** A host with ZFS: this one, or another over ssh. */
export interface Host {
  /** For people: `this host`, `user@host`. */
  readonly title: string
  /** undefined: this host. */
  readonly target: SshTarget | undefined
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
