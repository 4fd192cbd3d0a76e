import { close, fstatSync, read } from 'node:fs'
import { Z3Error } from '@z3/core'
import type { Source } from './source.js'

/** The last standard descriptor. */
const STDERR = 2

/** Reads a regular file or a device, which do not support polling. */
export class FileSource implements Source {
  readonly size: number | undefined
  readonly #fd: number
  #reading = false
  #closed = false

  constructor(fd: number) {
    this.#fd = fd
    const stat = fstatSync(fd)
    this.size = stat.isFile() ? stat.size : undefined
  }

  async fill(into: Uint8Array, onChunk: (chunk: Uint8Array) => void): Promise<number> {
    let filled = 0
    while (filled < into.byteLength && !this.#closed) {
      const bytes = await this.#read(into, filled)
      if (bytes === 0) {
        this.#checkNotCut()
        break
      }
      onChunk(into.subarray(filled, filled + bytes))
      filled += bytes
    }
    // truncated data must not look like the end of the stream
    if (filled < into.byteLength && this.#closed) {
      throw new Z3Error('input-failed', 'the input was closed during reading')
    }
    return filled
  }

  /** The end of a truncated file is not the end of its data. */
  #checkNotCut(): void {
    if (this.size === undefined || this.#closed) return
    const now = fstatSync(this.#fd).size
    if (now >= this.size) return
    throw new Z3Error(
      'input-failed',
      `the input was truncated during reading: it had ${String(this.size)} bytes and has ${String(now)}`,
      { hint: 'Stop the program that writes to the file, then retry.' },
    )
  }

  #read(into: Uint8Array, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#reading = true
      read(this.#fd, into, at, into.byteLength - at, null, (cause, bytes) => {
        this.#reading = false
        if (this.#closed) this.#release()
        if (!cause) {
          resolve(bytes)
          return
        }
        reject(
          new Z3Error('input-failed', `cannot read the input: ${cause.message}`, {
            hint: 'Check the input file or device.',
            cause,
          }),
        )
      })
    })
  }

  /** The kernel reuses a closed descriptor: close it once, and not before a pending read. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (!this.#reading) this.#release()
  }

  #release(): void {
    // the event loop of a thread that starts later would get the number, and libuv aborts the
    // process when it closes that (uv__close: fd > STDERR_FILENO)
    if (this.#fd <= STDERR) return
    close(this.#fd, () => {
      // nothing was written, so closing cannot lose data
    })
  }
}
