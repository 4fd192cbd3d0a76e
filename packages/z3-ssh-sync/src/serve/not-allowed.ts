/** A command that a client asked for and will not get: `message` says why. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}

/**
 * What a shell reports for a program that it may not run; zfs and the filters
 * do not use it.
 */
export const REFUSED = 126
