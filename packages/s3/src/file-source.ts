import { close, fstatSync, read } from 'node:fs'
import { Z3Error } from '@z3/core'
import type { Source } from './source.js'

/** Reads a regular file or a device, which cannot be waited for. */
export class FileSource implements Source {
  readonly size: number | undefined
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
    const stat = fstatSync(fd)
    this.size = stat.isFile() ? stat.size : undefined
  }

  async fill(
    into: Uint8Array,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<number> {
    let filled = 0
    while (filled < into.byteLength) {
      const bytes = await this.#read(into, filled)
      if (bytes === 0) break
      onChunk(into.subarray(filled, filled + bytes))
      filled += bytes
    }
    return filled
  }

  #read(into: Uint8Array, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#fd, into, at, into.byteLength - at, null, (cause, bytes) => {
        if (!cause) {
          resolve(bytes)
          return
        }
        reject(
          new Z3Error(
            'input-failed',
            `cannot read the input: ${cause.message}`,
            { hint: 'Look at the file or device that is read.', cause },
          ),
        )
      })
    })
  }

  close(): void {
    close(this.#fd, () => {
      // nothing was written: there is nothing that closing could lose
    })
  }
}
