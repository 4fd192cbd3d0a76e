/** A chunk of a file or device to hash. */
export interface HashJob {
  /** Bytes. */
  readonly path: Uint8Array
  /** A symbolic link is an error: it was replaced since the tree was listed. */
  readonly noFollow: boolean
  /** Bytes from the beginning. */
  readonly offset: number
  /** Maximum bytes; fewer at the end of the file. */
  readonly length: number
}

/** The result of a chunk. */
export interface Hashed {
  /** Hexadecimal SHA-1 of the bytes. */
  readonly sha1: string
  /** Number of bytes; 0: the file ends before the chunk. */
  readonly bytes: number
  /** See `identityOf`: before the first and after the last byte was read. */
  readonly before: string
  readonly after: string
}

export type HashReply = Hashed | { readonly error: string; readonly code: string | undefined }
