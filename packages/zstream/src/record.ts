/** Bytes of every record's header (`dmu_replay_record_t`, OpenZFS `zfs_ioctl.h`). */
export const RECORD_BYTES = 312

/** Offset of a record's own checksum; BEGIN has its name there. */
export const CHECKSUM_AT = 280

/** Kinds of records, by number. */
export const KINDS = [
  'BEGIN',
  'OBJECT',
  'FREEOBJECTS',
  'WRITE',
  'FREE',
  'END',
  'WRITE_BYREF',
  'SPILL',
  'WRITE_EMBEDDED',
  'OBJECT_RANGE',
  'REDACT',
] as const

export type RecordKind = (typeof KINDS)[number]

/** `SPA_MAXBLOCKSIZE`: the largest block, bytes. */
const MAX_BLOCK = 1 << 24

/** The largest dnode, whose bonus cannot be larger, bytes. */
const MAX_DNODE = 1 << 14

/** `BPE_PAYLOAD_SIZE`: what fits into a block pointer, bytes. */
const MAX_EMBEDDED = 112

/** A record header in memory. */
export class RecordHeader {
  readonly #view: DataView
  readonly #at: number
  readonly #little: boolean

  /**
   * @param at offset of the record in the view
   * @param little its byte order
   */
  constructor(view: DataView, at: number, little: boolean) {
    this.#view = view
    this.#at = at
    this.#little = little
  }

  u8(offset: number): number {
    return this.#view.getUint8(this.#at + offset)
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#at + offset, this.#little)
  }

  u64(offset: number): bigint {
    return this.#view.getBigUint64(this.#at + offset, this.#little)
  }

  /** Four sums. */
  sums(offset: number): readonly [bigint, bigint, bigint, bigint] {
    const word = (i: number) => this.u64(offset + 8 * i)
    return [word(0), word(1), word(2), word(3)]
  }

  /** A NUL-terminated string within the record. */
  string(offset: number): string {
    const from = this.#view.byteOffset + this.#at
    const bytes = Buffer.from(this.#view.buffer, from + offset, RECORD_BYTES - offset)
    const end = bytes.indexOf(0)
    return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
  }

  /** undefined: a kind that OpenZFS up to 2.3 does not have. */
  get kind(): RecordKind | undefined {
    return KINDS[this.u32(0)]
  }
}

/** Kinds that need a feature, with that feature. */
export const NEEDS_FEATURE: Partial<Record<RecordKind, string>> = {
  WRITE_BYREF: 'dedup',
  WRITE_EMBEDDED: 'embed_data',
  OBJECT_RANGE: 'raw',
  REDACT: 'redacted',
}

/** Offset of the snapshot's guid in each kind of record. */
const TOGUID_AT: Record<Exclude<RecordKind, 'BEGIN'>, number> = {
  OBJECT: 40,
  FREEOBJECTS: 24,
  WRITE: 40,
  FREE: 32,
  END: 40,
  WRITE_BYREF: 32,
  SPILL: 24,
  WRITE_EMBEDDED: 32,
  OBJECT_RANGE: 24,
  REDACT: 32,
}

/** The guid of the snapshot that a record belongs to. */
export const toguidOf = (record: RecordHeader, kind: Exclude<RecordKind, 'BEGIN'>): bigint =>
  record.u64(TOGUID_AT[kind])

/** Bytes that follow a header, and their maximum. */
export interface Payload {
  readonly bytes: bigint
  readonly most: number
}

const NONE: Payload = { bytes: 0n, most: 0 }

const roundUp8 = (bytes: number): bigint => BigInt(Math.ceil(bytes / 8) * 8)

/**
 * The payload of a record, by the rules of `zfs_ioctl.h` (`DRR_WRITE_PAYLOAD_SIZE` and similar
 * macros) and `receive_read_record` in `dmu_recv.c`. For BEGIN: `drr_payloadlen`.
 */
export function payloadOf(record: RecordHeader, kind: RecordKind): Payload {
  switch (kind) {
    case 'OBJECT': {
      const raw = record.u32(36)
      const bytes = raw === 0 ? roundUp8(record.u32(28)) : BigInt(raw)
      return { bytes, most: MAX_DNODE }
    }
    case 'WRITE': {
      const isCompressed = record.u8(50) !== 0
      return { bytes: record.u64(isCompressed ? 96 : 32), most: MAX_BLOCK }
    }
    case 'SPILL': {
      const compressed = record.u64(40)
      return {
        bytes: compressed === 0n ? record.u64(16) : compressed,
        most: MAX_BLOCK,
      }
    }
    case 'WRITE_EMBEDDED':
      return { bytes: roundUp8(record.u32(52)), most: MAX_EMBEDDED }
    case 'BEGIN':
      return { bytes: BigInt(record.u32(4)), most: MAX_NVLIST }
    case 'FREEOBJECTS':
    case 'FREE':
    case 'END':
    case 'WRITE_BYREF':
    case 'OBJECT_RANGE':
    case 'REDACT':
      return NONE
  }
}

/** More than the list of a package of a million snapshots, bytes. */
const MAX_NVLIST = 1 << 29
