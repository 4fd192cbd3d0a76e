/**
 * What a key is good for.
 *
 * - `full`: all that a sync needs on either side.
 * - `append-only`: receive what is new, and look. Nothing is sent, rolled back
 *   or destroyed.
 * - `read-only`: send, and look. All that it changes are the marks of a sync:
 *   bookmarks and holds by names of ours.
 */
export type Mode = 'full' | 'append-only' | 'read-only'

/** What the flags of `serve` allow, whatever the client says. */
export interface Policy {
  /** The subtree: this dataset and what is below it. */
  readonly dataset: string
  readonly mode: Mode
  /** The client may have `zfs` run by `sudo -n`. */
  readonly sudo: boolean
  /** We are root. */
  readonly root: boolean
}

/** A command that a client asked for and will not get: `message` says why. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}

/**
 * What a shell reports for a program that it may not run; zfs and the filters
 * do not use it.
 */
export const REFUSED = 126
