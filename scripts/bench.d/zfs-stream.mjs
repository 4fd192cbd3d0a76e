// A ZFS send stream of random data, made without ZFS
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

const RECORD = 312
const CHECKSUM_AT = 280
const BLOCK = 131_072
const TOGUID = 0x1234_5678_9abc_def0n

/** The snapshot in the stream, and its guid. */
export const STREAM_SNAPSHOT = 'tank/data@bench'
export const STREAM_GUID = String(TOGUID)

const BEGIN = 0
const WRITE = 3
const END = 5

/**
 * Write a stream of about this many bytes: BEGIN, WRITE records of 128 KiB, END.
 *
 * @param createFletcher4 of packages/zstream
 */
export const writeStream = async (file, size, createFletcher4) => {
  const fletcher = createFletcher4(RECORD + BLOCK)
  const bytes = Buffer.from(fletcher.bytes.buffer, fletcher.bytes.byteOffset, RECORD + BLOCK)
  randomFillSync(bytes)
  const header = (type) => {
    bytes.fill(0, 0, RECORD)
    bytes.writeUInt32LE(type, 0)
  }
  const putSums = (at) => {
    fletcher.sums().forEach((sum, i) => bytes.writeBigUInt64LE(sum, at + 8 * i))
  }
  const out = createWriteStream(file)
  const write = async (length) => {
    if (!out.write(Buffer.from(bytes.subarray(0, length)))) await once(out, 'drain')
  }
  /** The header has the sum of all before it and of its first 280 bytes. */
  const finish = async (length) => {
    fletcher.update(0, CHECKSUM_AT, false)
    putSums(CHECKSUM_AT)
    fletcher.update(CHECKSUM_AT, length - CHECKSUM_AT, false)
    await write(length)
  }

  header(BEGIN)
  bytes.writeBigUInt64LE(0x2_f5ba_cbacn, 8)
  bytes.writeBigUInt64LE(1n, 16)
  bytes.writeBigUInt64LE(TOGUID, 40)
  bytes.write(STREAM_SNAPSHOT, 56)
  fletcher.update(0, RECORD, false)
  await write(RECORD)
  for (let offset = 0; offset + BLOCK <= size; offset += BLOCK) {
    header(WRITE)
    bytes.writeBigUInt64LE(1n, 8)
    bytes.writeBigUInt64LE(BigInt(offset), 24)
    bytes.writeBigUInt64LE(BigInt(BLOCK), 32)
    bytes.writeBigUInt64LE(TOGUID, 40)
    await finish(RECORD + BLOCK)
  }
  header(END)
  putSums(8)
  bytes.writeBigUInt64LE(TOGUID, 40)
  await finish(RECORD)
  out.end()
  await once(out, 'finish')
}
