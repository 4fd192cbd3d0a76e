import { fstatSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { Z3Error } from '@z3/core'
import type { Source } from './source.js'

/** Receives data that arrives while no buffer is being filled. */
const SCRATCH_BYTES = 64 * 1024

interface Target {
  readonly into: Uint8Array
  readonly onChunk: (chunk: Uint8Array) => void
  filled: number
  readonly resolve: (bytes: number) => void
  readonly reject: (error: Error) => void
}

/**
 * Reads a pipe or a socket directly into the caller's buffers: `onread` of node:net passes them to
 * read(2), so no byte is copied (docs/performance.md).
 */
export class PipeSource implements Source {
  readonly #socket: Socket
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  #stashed: Uint8Array = new Uint8Array(0)
  #target: Target | undefined
  #ended = false
  #error: Error | undefined

  constructor(fd: number) {
    this.#socket = new Socket({
      fd,
      readable: true,
      writable: false,
      onread: {
        buffer: () => this.#nextBuffer(),
        callback: (bytes: number, buffer: Uint8Array) => this.#received(bytes, buffer),
      },
    } as ConstructorParameters<typeof Socket>[0])
    const isSocket = fstatSync(fd).isSocket()
    this.#socket.on('end', () => {
      try {
        if (isSocket) checkEnd(fd)
        this.#ended = true
      } catch (cause) {
        this.#error = inputFailed(cause as Error)
      }
      this.#settle()
    })
    this.#socket.on('error', (cause) => {
      this.#error ??= inputFailed(cause)
      this.#settle()
    })
  }

  fill(into: Uint8Array, onChunk: (chunk: Uint8Array) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#target = { into, onChunk, filled: 0, resolve, reject }
      const stashed = this.#stashed
      this.#stashed = new Uint8Array(0)
      this.#take(stashed)
      if (this.#error || this.#ended || this.#isFull()) this.#settle()
      else this.#socket.resume()
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  /**
   * Node requests the next buffer right after the callback, even if that callback paused the
   * socket. By then the next buffer may be unknown, and the first data after the pause lands in the
   * buffer returned here: the scratch buffer, from which `#received` copies.
   */
  #nextBuffer(): Uint8Array {
    const target = this.#target
    return target && !this.#isFull() ? target.into.subarray(target.filled) : this.#scratch
  }

  /** @returns false to pause the socket */
  #received(bytes: number, buffer: Uint8Array): boolean {
    const target = this.#target
    if (buffer.buffer === this.#scratch.buffer) {
      this.#take(buffer.subarray(0, bytes))
    } else if (target) {
      const chunk = target.into.subarray(target.filled, target.filled + bytes)
      target.filled += bytes
      target.onChunk(chunk)
    }
    if (target && !this.#isFull()) return true
    this.#settle()
    return false
  }

  /** Copy as much as fits into the target, keep the rest for the next one. */
  #take(bytes: Uint8Array): void {
    const target = this.#target
    const room = target ? target.into.byteLength - target.filled : 0
    const chunk = bytes.subarray(0, room)
    if (target && chunk.byteLength > 0) {
      target.into.set(chunk, target.filled)
      target.onChunk(target.into.subarray(target.filled, target.filled + chunk.byteLength))
      target.filled += chunk.byteLength
    }
    // a copy, since the scratch buffer is reused
    this.#stashed = bytes.slice(chunk.byteLength)
  }

  #isFull(): boolean {
    return this.#target?.filled === this.#target?.into.byteLength
  }

  #settle(): void {
    const target = this.#target
    if (!target) return
    this.#target = undefined
    if (this.#error && !this.#ended) target.reject(this.#error)
    else target.resolve(target.filled)
  }
}

/**
 * libuv reports a reset that arrives together with data as end of file: it reads the data, sees
 * POLLHUP, and does not read again (uv__stream_io in src/unix/stream.c). The kernel still returns
 * the error on the next read.
 *
 * @throws the system's error; ECONNRESET
 */
function checkEnd(fd: number): void {
  if (readSync(fd, Buffer.alloc(1)) > 0) throw new Error('data after end of file')
}

function inputFailed(cause: Error): Z3Error {
  return new Z3Error('input-failed', `cannot read the input: ${cause.message}`, {
    hint: 'Check the program that writes the stream.',
    cause,
  })
}
