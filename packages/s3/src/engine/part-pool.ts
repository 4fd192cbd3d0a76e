import { constants } from 'node:buffer'
import { formatSize, Z3Error } from '@z3/core'

/** The largest buffer that this Node.js supports, bytes: 4 GiB in Node 20. */
export const MAX_BUFFER: number = constants.MAX_LENGTH

/** A borrowed buffer. */
export interface Slot {
  readonly buffer: Uint8Array
  /** Return the buffer. Its content may change from then on. */
  release(): void
}

/**
 * A fixed amount of memory, divided into buffers of one size. To change the size, the pool waits
 * until all buffers are returned, then divides the same memory again; nothing else is ever
 * allocated. Unused pages are not resident, so the memory in use follows the buffers in use.
 */
export class PartPool {
  readonly #arena: ArrayBufferLike
  readonly #most: number
  #size = 0
  #free: Uint8Array[] = []
  #lent = 0
  #waiting: (() => void) | undefined

  /**
   * @param memory total bytes
   * @param most number of buffers to provide; fewer if they do not fit
   * @throws Z3Error `usage` if the system does not provide the memory
   */
  constructor(memory: number, most: number) {
    this.#arena = allocate(memory)
    this.#most = most
  }

  /**
   * Borrow a buffer of `size` bytes; waits until one is free. Only one caller may wait at a time.
   */
  async acquire(size: number): Promise<Slot> {
    if (size > this.#arena.byteLength) {
      throw new RangeError(`a buffer of ${String(size)} bytes is larger than the pool`)
    }
    if (size !== this.#size) {
      while (this.#lent > 0) await this.#released()
      this.#cut(size)
    }
    while (this.#free.length === 0) await this.#released()
    const buffer = this.#free.pop() as Uint8Array // ensured by the loop above
    this.#lent++
    let lent = true
    return {
      buffer,
      release: () => {
        if (!lent) return
        lent = false
        this.#lent--
        if (buffer.byteLength === this.#size) this.#free.push(buffer)
        this.#waiting?.()
        this.#waiting = undefined
      },
    }
  }

  #cut(size: number): void {
    const count = Math.min(this.#most, Math.floor(this.#arena.byteLength / size))
    this.#size = size
    this.#free = Array.from(
      { length: count },
      (_, index) => new Uint8Array(this.#arena, index * size, size),
    )
  }

  #released(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }
}

// Not a Buffer, whose length is limited to MAX_BUFFER. Node can be run without shared memory, and
// then has no threads that need it.
function allocate(memory: number): ArrayBufferLike {
  try {
    return typeof SharedArrayBuffer === 'function'
      ? new SharedArrayBuffer(memory)
      : new ArrayBuffer(memory)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new Z3Error('usage', `cannot allocate ${formatSize(memory)} of memory for buffers`, {
      hint: 'Lower MAX_MEMORY (--max-memory) or CONCURRENCY.',
      cause,
    })
  }
}
