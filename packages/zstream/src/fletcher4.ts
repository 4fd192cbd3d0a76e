import { FLETCHER4_WASM } from './generated/fletcher4-wasm.js'

/** The four running sums, each modulo 2^64. */
export type Sums = readonly [bigint, bigint, bigint, bigint]

/** Offset and size of the sums in the WebAssembly module, bytes. */
const STATE_BYTES = 32

const PAGE = 65_536

/**
 * A running fletcher-4, the checksum of ZFS send streams (OpenZFS `module/zcommon/zfs_fletcher.c`),
 * over its own memory: callers read data directly into that memory, so nothing is copied.
 */
export interface Fletcher4 {
  /** The memory, for the caller's buffers. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /**
   * Add bytes from the memory.
   *
   * @param at offset
   * @param length a multiple of 4
   * @param swapped the words are big-endian
   */
  update(at: number, length: number, swapped: boolean): void
  /** The sums so far. */
  sums(): Sums
  /** Reset to zero. */
  reset(): void
}

/**
 * @param size bytes of memory for the caller
 * @param useSimd WebAssembly with SIMD; else plain JavaScript, which is many times slower
 */
export function createFletcher4(size: number, useSimd: boolean = hasSimd()): Fletcher4 {
  return useSimd ? createWasm(size) : createPlain(size)
}

/** Whether this machine's WebAssembly supports SIMD. */
export function hasSimd(): boolean {
  return WebAssembly.validate(moduleBytes())
}

const moduleBytes = (): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(FLETCHER4_WASM, 'base64'))

function createWasm(size: number): Fletcher4 {
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((STATE_BYTES + size) / PAGE),
  })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), {
    env: { memory },
  })
  const { update, updateSwapped } = exports as Record<
    'update' | 'updateSwapped',
    (at: number, length: number) => void
  >
  const state = new BigUint64Array(memory.buffer, 0, 4)
  return {
    bytes: new Uint8Array(memory.buffer, STATE_BYTES, size),
    update: (at, length, swapped) => {
      if (swapped) updateSwapped(STATE_BYTES + at, length)
      else update(STATE_BYTES + at, length)
    },
    sums: () => toSums(state),
    reset: () => state.fill(0n),
  }
}

/**
 * Words after which the sums are still exact as floating-point numbers: the fourth sum of n words
 * is below n^4 / 24 × 2^32, which must stay below 2^53.
 */
const EXACT_WORDS = 64

function createPlain(size: number): Fletcher4 {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  const state = new BigUint64Array(4)
  const add = (at: number, count: number, swapped: boolean): void => {
    let [a, b, c, d] = [0, 0, 0, 0]
    for (let i = 0; i < count; i += 1) {
      a += view.getUint32(at + 4 * i, !swapped)
      b += a
      c += b
      d += c
    }
    const n = BigInt(count)
    const [A, B, C, D] = toSums(state)
    const n2 = (n * (n + 1n)) / 2n
    const n3 = (n2 * (n + 2n)) / 3n
    state[0] = A + BigInt(a)
    state[1] = B + n * A + BigInt(b)
    state[2] = C + n * B + n2 * A + BigInt(c)
    state[3] = D + n * C + n2 * B + n3 * A + BigInt(d)
  }
  return {
    bytes,
    update: (at, length, swapped) => {
      for (let done = 0; done < length; done += 4 * EXACT_WORDS) {
        const words = Math.min(EXACT_WORDS, (length - done) / 4)
        add(at + done, words, swapped)
      }
    },
    sums: () => toSums(state),
    reset: () => state.fill(0n),
  }
}

const toSums = ([a = 0n, b = 0n, c = 0n, d = 0n]: BigUint64Array): Sums => [a, b, c, d]
