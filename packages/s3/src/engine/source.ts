/** The source of an upload. */
export interface Source {
  /**
   * Fill a buffer from its start, until it is full or the stream ends.
   *
   * @param onChunk called with each part of `into` as it is filled
   * @returns bytes; fewer than the buffer length only at the end of the stream
   * @throws Z3Error `input-failed`
   */
  fill(into: Uint8Array, onChunk: (chunk: Uint8Array) => void): Promise<number>
  /** The length of the stream if known in advance, bytes. */
  readonly size?: number | undefined
  /** Stop reading. The writer sees a closed pipe. Further calls do nothing. */
  close(): void
}
