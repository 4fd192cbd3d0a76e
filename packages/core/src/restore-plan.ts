import type { LocalSnapshot } from './local-snapshot.js'
import type { StoredSnapshot } from './stored-snapshot.js'

/** What a restore is planned from. */
export interface RestoreRequest {
  /** All of the dataset, of whatever prefix. */
  readonly stored: readonly StoredSnapshot[]
  /** What follows the `@`. */
  readonly target: string
  /** The dataset that was backed up. */
  readonly dataset: string
  /** The dataset to receive into. */
  readonly into: string
  /** All of `into`, the oldest first; undefined: there is no such dataset. */
  readonly local: readonly LocalSnapshot[] | undefined
  /** `into` was changed since its newest snapshot. */
  readonly modified: boolean
  readonly force: boolean
}

/** One object to receive. */
export interface RestoreStep {
  readonly object: StoredSnapshot
  /** The full name that it is received under. */
  readonly name: string
  /** `zfs receive -F`: roll back, or write over what has no snapshot. */
  readonly force: boolean
}

/** What a restore does, in order. */
export interface RestorePlan {
  readonly steps: readonly RestoreStep[]
  /** What the user should know, a line each. */
  readonly notes: readonly string[]
  /**
   * `into` has snapshots, and none to build on: zfs receives nothing there. It
   * must be received beside it, and the two swapped.
   */
  readonly replaces: boolean
  /** What is here already, and the first step starts from. */
  readonly base?: LocalSnapshot
}
