/** What is hashed. */
export interface Target {
  /** A tree has paths in its list; a device has no known size. */
  readonly kind: 'tree' | 'file' | 'device'
  readonly path: Buffer
}

/** A target that something was changed for. */
export interface OpenTarget extends Target {
  /** Undo it. Must be called. */
  close(): Promise<void>
}
