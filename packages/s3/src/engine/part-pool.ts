import { constants } from 'node:buffer'
import { formatSize, Z3Error } from '@z3/core'

/** The largest single buffer that this Node.js can have, bytes: 4 GiB in 20. */
export const MAX_BUFFER: number = constants.MAX_LENGTH

/** A buffer on loan from the pool. */
export interface Slot {
  readonly buffer: Uint8Array
  /** Give it back. Its bytes may change from then on. */
  release(): void
}

/**
 * A fixed amount of memory, cut into buffers of one size at a time. The size
 * may change; then all buffers are waited for, and the same memory is cut anew:
 * nothing is ever allocated beside it. Pages that were never used are never
 * resident, so the memory in use follows the buffers in use.
 */
export class PartPool {
  readonly #arena: ArrayBufferLike
  readonly #most: number
  #size = 0
  #free: Uint8Array[] = []
  #lent = 0
  #waiting: (() => void) | undefined

  /**
   * @param memory bytes in all
   * @param most buffers wanted at once; there are fewer where they do not fit
   * @param shared for buffers that threads write to
   * @throws Z3Error `usage` if the system does not give so much memory
   */
  constructor(memory: number, most: number, shared = false) {
    this.#arena = allocate(memory, shared)
    this.#most = most
  }

  /**
   * Borrow a buffer of `size` bytes; waits while all are lent. One caller at a
   * time may wait.
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
    const buffer = this.#free.pop() as Uint8Array // the loop above saw to it
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

// Not a Buffer: its length is bounded by MAX_BUFFER, that of what is cut into
// buffers is not.
function allocate(memory: number, shared: boolean): ArrayBufferLike {
  try {
    return shared ? new SharedArrayBuffer(memory) : new ArrayBuffer(memory)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new Z3Error('usage', `cannot allocate ${formatSize(memory)} of memory for buffers`, {
      hint: 'Lower MAX_MEMORY (--max-memory) or CONCURRENCY.',
      cause,
    })
  }
}
