import type { Source } from './source.js'

/** Hands the data of a download to an upload: `write` waits until `fill` has taken all of it. */
export class RelaySource implements Source {
  readonly size: number
  #chunk: Uint8Array = new Uint8Array(0)
  /** The end of the stream, or why there is none. */
  #end: { readonly error: Error | undefined } | undefined
  #isClosed = false
  /** Wakes up whoever waits. */
  #wake: () => void = () => undefined
  #changed = this.#nextChange()

  /** @param size of the stream, bytes */
  constructor(size: number) {
    this.size = size
  }

  async fill(into: Uint8Array, onChunk: (chunk: Uint8Array) => void): Promise<number> {
    let filled = 0
    while (filled < into.byteLength) {
      const changed = this.#changed
      if (this.#chunk.byteLength > 0) {
        const next = this.#chunk.subarray(0, into.byteLength - filled)
        into.set(next, filled)
        onChunk(into.subarray(filled, filled + next.byteLength))
        filled += next.byteLength
        this.#chunk = this.#chunk.subarray(next.byteLength)
        if (this.#chunk.byteLength === 0) this.#notify()
        continue
      }
      if (this.#end) {
        if (this.#end.error) throw this.#end.error
        break
      }
      await changed
    }
    return filled
  }

  /** @throws Error once the source is closed */
  async write(chunk: Uint8Array): Promise<void> {
    this.#chunk = chunk
    this.#notify()
    while (this.#chunk.byteLength > 0) {
      if (this.#isClosed) throw new Error('the upload has ended')
      await this.#changed
    }
  }

  /** @param error undefined: the stream is complete */
  end(error?: Error): void {
    this.#end ??= { error }
    this.#notify()
  }

  close(): void {
    this.#isClosed = true
    this.#notify()
  }

  #notify(): void {
    const wake = this.#wake
    this.#changed = this.#nextChange()
    wake()
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
