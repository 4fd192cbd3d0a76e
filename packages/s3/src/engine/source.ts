/** Where the bytes of an upload come from. */
export interface Source {
  /**
   * Fill a buffer from its start, or to the end of the stream.
   *
   * @param onChunk called with each stretch of `into` as it is filled
   * @returns bytes; fewer than the buffer is long only at the end
   * @throws Z3Error `input-failed`
   */
  fill(into: Uint8Array, onChunk: (chunk: Uint8Array) => void): Promise<number>
  /** The length of the stream where it is known beforehand, bytes. */
  readonly size?: number | undefined
  /** Stop reading. The writer sees a closed pipe. A second call does nothing. */
  close(): void
}
