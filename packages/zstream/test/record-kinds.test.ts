import t from 'tap'
import type { Z3Error } from '@z3/core'
import { verifyStream, type StreamSummary } from '../src/index.js'
import { StreamWriter, TOGUID } from './make-stream.js'

const FEATURES = [0, 16, 17, 19, 21, 22, 24, 25]

/**
 * A stream with every kind of record, the deduplicated one included, which
 * OpenZFS 2.3 still receives and no longer sends.
 */
const everyKind = (little: boolean): Buffer => {
  const features = FEATURES.reduce((all, bit) => all | (1n << BigInt(bit + 2)), 1n)
  const data = (bytes: number) => Buffer.alloc(bytes, 'data')
  return (
    new StreamWriter(little)
      .begin({ 16: features })
      .add({ kind: 'OBJECT_RANGE', fields: { 8: 0n, 16: 32n, 24: TOGUID } })
      // a raw bonus is as long as it says; another is rounded up
      .add({ kind: 'OBJECT', fields: { 28: 9, 36: 32, 40: TOGUID }, payload: data(32) })
      .add({ kind: 'OBJECT', fields: { 28: 9, 40: TOGUID }, payload: data(16) })
      .add({ kind: 'FREEOBJECTS', fields: { 8: 3n, 16: 9n, 24: TOGUID } })
      // compressed: the length is logical, 128 KiB, and 96 says how much follows
      .add({
        kind: 'WRITE',
        fields: { 32: 131_072n, 40: TOGUID, 96: 1024n },
        bytes: { 50: 15 },
        payload: data(1024),
      })
      .add({ kind: 'WRITE', fields: { 32: 512n, 40: TOGUID }, payload: data(512) })
      .add({ kind: 'WRITE_BYREF', fields: { 24: 512n, 32: TOGUID, 40: TOGUID } })
      .add({ kind: 'WRITE_EMBEDDED', fields: { 32: TOGUID, 48: 200, 52: 13 }, payload: data(16) })
      .add({ kind: 'SPILL', fields: { 16: 512n, 24: TOGUID }, payload: data(512) })
      .add({ kind: 'SPILL', fields: { 16: 1024n, 24: TOGUID, 40: 512n }, payload: data(512) })
      .add({ kind: 'REDACT', fields: { 24: 512n, 32: TOGUID } })
      .add({ kind: 'FREE', fields: { 32: TOGUID } })
      .end().bytes
  )
}

const check = (stream: Buffer): { summary?: StreamSummary; error?: Z3Error } => {
  let at = 0
  try {
    const read = (into: Uint8Array) => {
      const count = stream.copy(into, 0, at, at + into.byteLength)
      at += count
      return count
    }
    return { summary: verifyStream(read, () => undefined) }
  } catch (error) {
    return { error: error as Z3Error }
  }
}

void t.test('every kind of record, in both byte orders', (t) => {
  for (const little of [true, false]) {
    const stream = everyKind(little)
    const { summary, error } = check(stream)
    t.equal(error, undefined)
    t.strictSame(summary?.streams[0]?.records, {
      BEGIN: 1,
      OBJECT_RANGE: 1,
      OBJECT: 2,
      FREEOBJECTS: 1,
      WRITE: 2,
      WRITE_BYREF: 1,
      WRITE_EMBEDDED: 1,
      SPILL: 2,
      REDACT: 1,
      FREE: 1,
      END: 1,
    })
    const missed: string[] = []
    for (let at = 0; at < stream.byteLength; at += 1) {
      const byte = stream.readUInt8(at)
      stream.writeUInt8(byte ^ (1 << (at % 8)), at)
      if (check(stream).error?.exitStatus !== 3) missed.push(`byte ${String(at)}`)
      stream.writeUInt8(byte, at)
    }
    t.strictSame(missed, [])
  }
  t.end()
})
