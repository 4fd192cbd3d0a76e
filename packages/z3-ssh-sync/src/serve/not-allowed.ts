/** A command that a client asked for and will not get: `message` says why. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}
