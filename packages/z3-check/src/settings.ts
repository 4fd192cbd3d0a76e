/** Checked options. */
export interface Settings {
  /** Bytes of a block; a chunk is a multiple of it. */
  readonly blockSize: number
  /** Bytes. */
  readonly chunkSize: number
  /** Chunks to leave out after each one that is hashed. */
  readonly skip: number
  /** Chunks to hash at once. */
  readonly parallel: number
}
