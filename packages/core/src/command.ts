/** A program and its arguments: what is run, without a shell. */
export interface Command {
  /** A name that PATH is searched for, or a path. */
  readonly file: string
  readonly args: readonly string[]
}
