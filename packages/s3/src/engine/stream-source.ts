import type { Readable } from 'node:stream'
import { Z3Error } from '@z3/core'
import type { Source } from './source.js'

/** Reads a Node stream: the standard output of a child process. */
export class StreamSource implements Source {
  readonly #stream: Readable
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)

  constructor(stream: Readable) {
    this.#stream = stream
    this.#chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  }

  async fill(into: Uint8Array, onChunk: (chunk: Uint8Array) => void): Promise<number> {
    let filled = 0
    while (filled < into.byteLength) {
      if (this.#rest.byteLength === 0) {
        const next = await this.#next()
        if (next.done) break
        this.#rest = next.value
      }
      const chunk = this.#rest.subarray(0, into.byteLength - filled)
      into.set(chunk, filled)
      onChunk(into.subarray(filled, filled + chunk.byteLength))
      filled += chunk.byteLength
      this.#rest = this.#rest.subarray(chunk.byteLength)
    }
    return filled
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await this.#chunks.next()
    } catch (cause) {
      throw new Z3Error('input-failed', `cannot read the input: ${String(cause)}`, {
        hint: 'Check the program that writes the stream.',
        cause,
      })
    }
  }

  close(): void {
    this.#stream.destroy()
  }
}
