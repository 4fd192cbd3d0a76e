/**
 * What a key permits.
 *
 * - `full`: all that a sync needs on either side.
 * - `append-only`: receive new data, and list. No send, rollback or destroy.
 * - `read-only`: send and list. Changes only the marks of a sync: bookmarks and holds with our
 *   names.
 */
export type Mode = 'full' | 'append-only' | 'read-only'

/** What the options of `serve` allow, whatever the client requests. */
export interface Policy {
  /** The subtree: this dataset and its descendants. */
  readonly dataset: string
  readonly mode: Mode
  /** The client may run `zfs` with `sudo -n`. */
  readonly sudo: boolean
  /** serve runs as root. */
  readonly root: boolean
}

/** A refused request; `message` says why. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}

/**
 * Exit status of a shell for a program that cannot be executed; zfs and the filters do not use it.
 */
export const REFUSED = 126
