import type { Source } from '@z3/s3'

/** A source whose bytes are counted as they are read. */
export class CountedSource implements Source {
  readonly size: number | undefined
  readonly #source: Source
  bytes = 0

  constructor(source: Source) {
    this.#source = source
    this.size = source.size
  }

  fill(into: Uint8Array, onChunk: (chunk: Uint8Array) => void): Promise<number> {
    return this.#source.fill(into, (chunk) => {
      this.bytes += chunk.byteLength
      onChunk(chunk)
    })
  }

  close(): void {
    this.#source.close()
  }
}
