import { readByteOrder, recognizeContent, Z3Error, type ErrorCode } from '@z3/core'
import { readBegin, type Begin } from './begin.js'
import type { Fletcher4, Sums } from './fletcher4.js'
import { readNvlist } from './nvlist.js'
import {
  CHECKSUM_AT,
  NEEDS_FEATURE,
  payloadOf,
  RECORD_BYTES,
  RecordHeader,
  toguidOf,
  type RecordKind,
} from './record.js'
import type { StreamSummary, SubstreamSummary } from './summary.js'

/** State of the parser. */
type State =
  /** The first record. */
  | 'first'
  /** Inside a stream: any record except BEGIN. */
  | 'record'
  /** After the list of a package: the END of the list. */
  | 'list-end'
  /** In a package, between streams: BEGIN, or the END that closes the package. */
  | 'between'
  /** After the last END: nothing. */
  | 'end'

type Open = { -readonly [K in keyof SubstreamSummary]: SubstreamSummary[K] } & {
  readonly records: Partial<Record<RecordKind, number>>
  /** Offset in the stream, bytes. */
  readonly offset: number
}

const isZero = (sums: Sums): boolean => sums.every((sum) => sum === 0n)
const areEqual = (one: Sums, other: Sums): boolean => one.every((sum, i) => sum === other[i])

/**
 * Checks a ZFS send stream in memory: lengths, the checksum of every record, the running checksum
 * against END, the grammar up to the last END. The rules are those of `dmu_recv.c` and
 * `libzfs_sendrecv.c` of OpenZFS 2.3, but stricter: a stream in which some records have no checksum
 * is refused, and so is data after the last END.
 *
 * Errors are `Z3Error`s with offset in bytes, number and kind of the record: `not-a-stream`,
 * `unsupported-stream`, `corrupt-stream`, `cut-stream`.
 */
export class StreamParser {
  readonly #fletcher: Fletcher4
  readonly #view: DataView
  #state: State = 'first'
  #little = true
  /** Bytes checked so far. */
  #offset = 0
  /** Records read so far. */
  #records = 0
  /** Remaining bytes of the current record's payload. */
  #payload = 0
  #kind: RecordKind = 'BEGIN'
  #package: Begin | undefined
  #begin: Begin | undefined
  #open: Open | undefined
  readonly #streams: SubstreamSummary[] = []
  /** BEGIN's payload so far. */
  #list: Buffer[] | undefined
  /** Whether the records of the current stream have checksums; undefined: not known yet. */
  #hasChecksums: boolean | undefined
  #fromsnap: string | undefined
  #tosnap: string | undefined

  constructor(fletcher: Fletcher4) {
    this.#fletcher = fletcher
    const { buffer, byteOffset, byteLength } = fletcher.bytes
    this.#view = new DataView(buffer, byteOffset, byteLength)
  }

  /** Bytes that were checked and may be passed on. */
  get checked(): number {
    return this.#offset
  }

  /**
   * Check data in the memory of the checksum.
   *
   * @param at offset of the data
   * @param length its length
   * @returns number of checked bytes, which may be passed on. The rest (at most a header) must be
   *   passed again with the data that follows; the last END is held back until `finish`
   */
  consume(at: number, length: number): number {
    let done = 0
    while (done < length) {
      const step =
        this.#payload > 0
          ? this.#takePayload(at + done, length - done)
          : this.#takeHeader(at + done, length - done)
      if (step === 0) break
      done += step
    }
    return done
  }

  /**
   * The end of the stream.
   *
   * @param at offset of what `consume` left
   * @param length its length, bytes
   * @throws Z3Error `cut-stream`, `not-a-stream`
   */
  finish(at: number, length: number): void {
    if (this.#state === 'end' && length === RECORD_BYTES) {
      this.#offset += length
      return
    }
    if (this.#state === 'first') throw this.#notAStream(at, length)
    throw this.#cut()
  }

  /** Summary of the stream; complete after `finish`. */
  get summary(): StreamSummary {
    return {
      isPackage: this.#package !== undefined,
      fromsnap: this.#fromsnap,
      tosnap: this.#tosnap,
      bytes: this.#offset,
      streams: this.#streams,
    }
  }

  #takePayload(at: number, length: number): number {
    const most = Math.min(length, this.#payload)
    // the checksum processes whole words; payloads consist of them, so a remainder waits for more
    // data
    const step = most - (most % 4)
    if (step === 0) return 0
    this.#fletcher.update(at, step, !this.#little)
    if (this.#list) {
      this.#list.push(Buffer.from(this.#fletcher.bytes.slice(at, at + step)))
    }
    this.#payload -= step
    this.#offset += step
    if (this.#payload === 0 && this.#list) this.#readList()
    return step
  }

  #takeHeader(at: number, length: number): number {
    if (this.#state === 'end') return this.#keepLast(length)
    if (length < RECORD_BYTES) return 0
    if (this.#state === 'first') this.#readOrder(at, length)
    const record = new RecordHeader(this.#view, at, this.#little)
    const { kind } = record
    if (kind === undefined) {
      throw this.#error(
        'unsupported-stream',
        `unknown record kind ${String(record.u32(0))}`,
        'The stream may come from a newer OpenZFS, or be damaged.',
      )
    }
    this.#kind = kind
    this.#records += 1
    if (kind === 'BEGIN') this.#takeBegin(record, at)
    else this.#takeRecord(record, kind, at)
    if (this.#isAtEnd()) return this.#keepLast(length)
    this.#offset += RECORD_BYTES
    return RECORD_BYTES
  }

  /** The last END is passed on only if nothing follows it. */
  #keepLast(length: number): 0 {
    if (length <= RECORD_BYTES) return 0
    this.#offset += RECORD_BYTES
    throw this.#error('corrupt-stream', 'data after the end')
  }

  // a function, since the compiler assumes the state from before the calls
  #isAtEnd(): boolean {
    return this.#state === 'end'
  }

  #readOrder(at: number, length: number): void {
    const little = readByteOrder(this.#view, at)
    if (little === undefined) throw this.#notAStream(at, length)
    this.#little = little
  }

  #takeBegin(record: RecordHeader, at: number): void {
    if (this.#state !== 'first' && this.#state !== 'between') {
      throw this.#error('corrupt-stream', 'BEGIN inside of a stream')
    }
    const begin = readBegin(record)
    if (begin === undefined) {
      throw this.#error('corrupt-stream', 'not the header of a stream')
    }
    if (begin.unknownFeatures.length > 0) {
      throw this.#error(
        'unsupported-stream',
        `unknown feature ${begin.unknownFeatures.map((bit) => `flag ${String(bit)}`).join(', ')}`,
        'The stream may come from a newer OpenZFS.',
      )
    }
    if (begin.isPackage && this.#state === 'between') {
      throw this.#error('corrupt-stream', 'a package inside of a package')
    }
    this.#fletcher.reset()
    // BEGIN has no checksum of its own: its name extends to the end
    this.#fletcher.update(at, RECORD_BYTES, !this.#little)
    this.#begin = begin
    this.#hasChecksums = undefined
    this.#expectPayload(record, 'BEGIN')
    if (this.#payload > 0) this.#list = []
    if (begin.isPackage) {
      this.#package = begin
      this.#state = 'list-end'
      return
    }
    this.#open = {
      toname: begin.toname,
      toguid: begin.toguid,
      fromguid: begin.fromguid,
      creation: begin.creation,
      features: begin.features,
      records: { BEGIN: 1 },
      objects: 0,
      bytes: 0,
      fletcher4: [0n, 0n, 0n, 0n],
      offset: this.#offset,
    }
    this.#state = 'record'
  }

  #takeRecord(record: RecordHeader, kind: NotBegin, at: number): void {
    const before = this.#fletcher.sums()
    switch (this.#state) {
      case 'record':
        this.#checkRecord(record, kind, at)
        if (kind === 'END') this.#endStream(record, before)
        return
      case 'list-end':
        // written by libzfs, without a checksum of its own
        if (kind !== 'END') break
        if (!areEqual(record.sums(8), before)) throw this.#wrongTotal()
        this.#checkEmpty(record, 40)
        this.#state = 'between'
        return
      case 'between':
        if (kind !== 'END') break
        this.#checkEmpty(record, 8)
        this.#state = 'end'
        return
      case 'first':
      case 'end':
        break
    }
    throw this.#error('corrupt-stream', 'unexpected at this position')
  }

  /** libzfs writes an END without a computed checksum: all zeros. */
  #checkEmpty(record: RecordHeader, from: number): void {
    let isEmpty = record.u32(4) === 0
    for (let at = from; at < RECORD_BYTES; at += 8) {
      isEmpty &&= record.u64(at) === 0n
    }
    if (!isEmpty) {
      throw this.#error('corrupt-stream', 'not empty, as it must be')
    }
  }

  #checkRecord(record: RecordHeader, kind: NotBegin, at: number): void {
    const swapped = !this.#little
    this.#fletcher.update(at, CHECKSUM_AT, swapped)
    const stated = record.sums(CHECKSUM_AT)
    const has = !isZero(stated)
    // before 2014 no record had one; a single record without one is damaged
    this.#hasChecksums ??= has
    if (has !== this.#hasChecksums) {
      throw this.#error(
        'corrupt-stream',
        has ? 'it has a checksum, unlike those before' : 'its checksum is missing',
      )
    }
    if (has && !areEqual(stated, this.#fletcher.sums())) {
      throw this.#error('corrupt-stream', 'checksum mismatch')
    }
    this.#fletcher.update(at + CHECKSUM_AT, RECORD_BYTES - CHECKSUM_AT, swapped)
    const open = this.#openStream()
    const feature = NEEDS_FEATURE[kind]
    if (feature !== undefined && !open.features.includes(feature)) {
      throw this.#error('corrupt-stream', `the stream does not announce the feature ${feature}`)
    }
    if (toguidOf(record, kind) !== open.toguid) {
      throw this.#error('corrupt-stream', 'it belongs to another snapshot')
    }
    this.#expectPayload(record, kind)
    open.records[kind] = (open.records[kind] ?? 0) + 1
    if (kind === 'OBJECT') open.objects += 1
  }

  #endStream(record: RecordHeader, before: Sums): void {
    if (!areEqual(record.sums(8), before)) throw this.#wrongTotal()
    const { offset, ...open } = this.#openStream()
    this.#streams.push({
      ...open,
      bytes: this.#offset + RECORD_BYTES - offset,
      fletcher4: before,
    })
    this.#open = undefined
    this.#state = this.#package === undefined ? 'end' : 'between'
  }

  #openStream(): Open {
    if (this.#open) return this.#open
    throw new Error('a record outside of a stream was accepted')
  }

  #expectPayload(record: RecordHeader, kind: RecordKind): void {
    const { bytes, most } = payloadOf(record, kind)
    if (bytes > most || bytes % 4n !== 0n) {
      throw this.#error(
        'corrupt-stream',
        `${String(bytes)} bytes of data exceed the limit of ${String(most)}`,
      )
    }
    this.#payload = Number(bytes)
  }

  #readList(): void {
    const values = readNvlist(Buffer.concat(this.#list ?? []))
    this.#list = undefined
    if (values === undefined) {
      throw this.#error('corrupt-stream', 'the list behind it cannot be read')
    }
    if (!this.#begin?.isPackage) return
    const { fromsnap, tosnap } = Object.fromEntries(values)
    this.#fromsnap = typeof fromsnap === 'string' ? fromsnap : undefined
    this.#tosnap = typeof tosnap === 'string' ? tosnap : undefined
  }

  #cut(): Z3Error {
    return this.#error(
      'cut-stream',
      this.#payload > 0
        ? 'the stream ends in the middle of the data of a record'
        : 'the stream ends before its last record',
    )
  }

  #wrongTotal(): Z3Error {
    return this.#error('corrupt-stream', 'checksum mismatch of the whole stream')
  }

  #notAStream(at: number, length: number): Z3Error {
    if (length === 0) {
      return new Z3Error('cut-stream', 'the stream is empty', {
        hint: 'The program that writes it may have failed.',
      })
    }
    // less than a header, but it begins like one
    if (length >= 16 && length < RECORD_BYTES) {
      if (readByteOrder(this.#view, at) !== undefined) return this.#cut()
    }
    const content = recognizeContent(this.#fletcher.bytes.subarray(at, at + length))
    const what = content === 'gzip' ? 'gzip or pigz' : content
    return new Z3Error(
      'not-a-stream',
      `this is not a ZFS send stream${what === undefined ? '' : `: it looks like output of ${what}`}`,
      {
        hint:
          what === undefined
            ? 'Pass the output of zfs send.'
            : 'Decompress or decrypt the stream first.',
      },
    )
  }

  #error(code: ErrorCode, what: string, hint?: string): Z3Error {
    return new Z3Error(
      code,
      `byte ${String(this.#offset)}, record ${String(this.#records)} (${this.#kind}): ${what}`,
      { hint: hint ?? HINTS[code] },
    )
  }
}

type NotBegin = Exclude<RecordKind, 'BEGIN'>

const HINTS: Partial<Record<ErrorCode, string>> = {
  'corrupt-stream': 'zfs receive would refuse it: send it again.',
  'cut-stream':
    'The program that writes the stream, or the connection, may have failed: send it again.',
}
