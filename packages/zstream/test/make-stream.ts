import { createFletcher4 } from '../src/fletcher4.js'

const RECORD = 312
const CHECKSUM_AT = 280
const KINDS = {
  BEGIN: 0,
  OBJECT: 1,
  FREEOBJECTS: 2,
  WRITE: 3,
  FREE: 4,
  END: 5,
  WRITE_BYREF: 6,
  SPILL: 7,
  WRITE_EMBEDDED: 8,
  OBJECT_RANGE: 9,
  REDACT: 10,
} as const

/** A field of a record: where it is, and its value; a bigint has 64 bits. */
type Fields = Readonly<Record<number, number | bigint>>

export interface RecordOptions {
  readonly kind: keyof typeof KINDS | number
  readonly fields?: Fields
  /** Fields of one byte. */
  readonly bytes?: Readonly<Record<number, number>>
  readonly payload?: Uint8Array
  /** No checksum of its own. */
  readonly bare?: boolean
}

export const TOGUID = 0x1234_5678_9abc_def0n

/** Writes a ZFS send stream, record by record, as OpenZFS does it. */
export class StreamWriter {
  readonly #little: boolean
  readonly #fletcher = createFletcher4(1 << 16, false)
  readonly #parts: Buffer[] = []

  constructor(little = true) {
    this.#little = little
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  add({ kind, fields = {}, bytes = {}, payload, bare = false }: RecordOptions): this {
    const record = Buffer.alloc(RECORD)
    const type = typeof kind === 'number' ? kind : KINDS[kind]
    this.#put(record, { 0: type, ...fields })
    for (const [at, value] of Object.entries(bytes)) record.writeUInt8(value, Number(at))
    const isBegin = type === KINDS.BEGIN
    if (isBegin) {
      this.#fletcher.reset()
      this.#sum(record)
    } else {
      this.#sum(record.subarray(0, CHECKSUM_AT))
      if (!bare) this.#putSums(record, CHECKSUM_AT)
      this.#sum(record.subarray(CHECKSUM_AT))
    }
    this.#parts.push(record)
    if (payload) {
      this.#sum(payload)
      this.#parts.push(Buffer.from(payload))
    }
    return this
  }

  begin(more: Fields = {}, payload?: Uint8Array): this {
    return this.add({
      kind: 'BEGIN',
      fields: {
        4: payload?.byteLength ?? 0,
        8: 0x2_f5ba_cbacn,
        16: 1n,
        24: 1_795_000_000n,
        40: TOGUID,
        ...more,
      },
      ...(payload ? { payload } : {}),
    })
  }

  /** END, with the sums of all before it. */
  end(guid = TOGUID, bare = false): this {
    const [a, b, c, d] = this.#fletcher.sums()
    const fields = { 8: a, 16: b, 24: c, 32: d, 40: guid }
    return this.add({ kind: 'END', fields, bare })
  }

  /** The END of a package: nobody's. */
  close(): this {
    const record = Buffer.alloc(RECORD)
    this.#put(record, { 0: KINDS.END })
    this.#parts.push(record)
    return this
  }

  #put(record: Buffer, fields: Fields): void {
    for (const [at, value] of Object.entries(fields)) {
      const offset = Number(at)
      if (typeof value === 'bigint') {
        if (this.#little) record.writeBigUInt64LE(value, offset)
        else record.writeBigUInt64BE(value, offset)
      } else if (this.#little) record.writeUInt32LE(value, offset)
      else record.writeUInt32BE(value, offset)
    }
  }

  #putSums(record: Buffer, at: number): void {
    this.#fletcher.sums().forEach((sum, i) => {
      this.#put(record, { [at + 8 * i]: sum })
    })
  }

  #sum(bytes: Uint8Array): void {
    this.#fletcher.bytes.set(bytes)
    this.#fletcher.update(0, bytes.byteLength, !this.#little)
  }
}

/** OBJECT with a bonus of 6 bytes, WRITE of 512 bytes, FREE. */
export const smallStream = (little = true): Buffer =>
  new StreamWriter(little)
    .begin()
    .add({
      kind: 'OBJECT',
      fields: { 28: 6, 40: TOGUID },
      payload: Buffer.from('bonus!\0\0'),
    })
    .add({
      kind: 'WRITE',
      fields: { 32: 512n, 40: TOGUID },
      payload: Buffer.alloc(512, 'x'),
    })
    .add({ kind: 'FREE', fields: { 32: TOGUID } })
    .end().bytes
