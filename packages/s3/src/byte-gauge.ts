/** Bytes that have arrived so far: shared memory, so that any thread can count without messages. */
export class ByteGauge {
  readonly state: BigInt64Array<SharedArrayBuffer>

  /** @param state of the same gauge in another thread */
  constructor(state = new BigInt64Array(new SharedArrayBuffer(8))) {
    this.state = state
  }

  add(bytes: number): void {
    Atomics.add(this.state, 0, BigInt(bytes))
  }

  get bytes(): number {
    return Number(Atomics.load(this.state, 0))
  }
}
