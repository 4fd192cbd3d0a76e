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
