import assert from 'node:assert/strict'
import { fuzz, nastyText, orRefused } from '@z3/fixtures'
import fc from 'fast-check'
import t from 'tap'
import { verifyStream, type StreamSummary } from '../src/index.js'
import { readNvlist } from '../src/nvlist.js'
import { smallStream, StreamWriter, TOGUID } from './make-stream.js'

const verify = (stream: Uint8Array): StreamSummary | undefined => {
  let at = 0
  const read = (into: Uint8Array) => {
    const part = stream.subarray(at, at + into.byteLength)
    into.set(part)
    at += part.byteLength
    return part.byteLength
  }
  return orRefused(() => verifyStream(read, () => undefined))
}

const list = Buffer.from([1, 1, 0, 0, ...Buffer.alloc(16)])
const packaged = (): Buffer =>
  new StreamWriter().begin({ 16: 2n }, list).end(0n, true).begin().end().close().bytes

/** Ways to damage: a byte replaced, some left out, some repeated, some inserted. */
const edit = fc.record(
  {
    how: fc.constantFrom(
      'replace' as const,
      'leave out' as const,
      'repeat' as const,
      'insert' as const,
    ),
    at: fc.nat(),
    count: fc.integer({ min: 1, max: 400 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }),
  },
  { noNullPrototype: true },
)
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never

const apply = (stream: Buffer, { how, at, count, bytes }: Edit): Buffer => {
  const place = at % stream.byteLength
  const [head, tail] = [stream.subarray(0, place), stream.subarray(place)]
  switch (how) {
    case 'replace':
      return Buffer.concat([head, bytes, tail.subarray(bytes.byteLength)])
    case 'leave out':
      return Buffer.concat([head, tail.subarray(count)])
    case 'repeat':
      return Buffer.concat([head, tail.subarray(0, count), tail])
    case 'insert':
      return Buffer.concat([head, bytes, tail])
  }
}

void t.test('a stream that was changed is never whole', async () => {
  const streams = [smallStream(), smallStream(false), packaged()]
  for (const stream of streams) assert.ok(verify(stream), 'unchanged, it is')
  await fuzz(
    [fc.constantFrom(...streams), fc.array(edit, { minLength: 1, maxLength: 3 })],
    (stream, edits) => {
      const changed = edits.reduce(apply, stream)
      if (!changed.equals(stream)) assert.equal(verify(changed), undefined)
    },
    2000,
  )
})

void t.test('records with any fields, and right checksums', async () => {
  const field = fc.tuple(
    fc.nat(34).map((word) => 8 * word),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  )
  const record = fc.record(
    {
      kind: fc.nat(14),
      fields: fc.array(field, { maxLength: 4 }).map(Object.fromEntries<bigint>),
      payload: fc.option(
        fc.nat(64).map((words) => Buffer.alloc(8 * words, 7)),
        { nil: undefined },
      ),
    },
    { noNullPrototype: true },
  )
  const known = [0, 1, 2, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]
  const features = fc
    .subarray(known)
    .map((bits) => bits.reduce((all, bit) => all | (1n << BigInt(bit)), 0n))
  await fuzz([fc.array(record, { maxLength: 4 }), features], (records, info) => {
    const writer = new StreamWriter().begin({ 16: (info << 2n) | 1n })
    for (const { payload, ...one } of records)
      writer.add({ ...one, ...(payload ? { payload } : {}) })
    const stream = writer.end().bytes
    const summary = verify(stream)
    // what it takes is a stream: all of it, of one snapshot
    if (summary === undefined) return
    assert.equal(summary.bytes, stream.byteLength)
    assert.equal(summary.streams[0]?.toguid, TOGUID)
  })
})

void t.test('anything at all', async () => {
  await fuzz([fc.uint8Array({ maxLength: 2000 })], (bytes) => {
    assert.equal(verify(bytes), undefined)
  })
  await fuzz([fc.uint8Array({ maxLength: 200 }), fc.boolean()], (bytes, native) => {
    readNvlist(Buffer.concat([Buffer.from([native ? 0 : 1, 1]), bytes]))
  })
  await fuzz([nastyText('BEGIN', '\xac\xcb\xba\xf5\x02')], (text) => {
    assert.equal(verify(Buffer.from(text)), undefined)
  })
})
