import { gzipSync } from 'node:zlib'
import { Z3Error } from '@z3/core'
import t from 'tap'
import { verifyStream, type StreamSummary } from '../src/index.js'
import { smallStream, StreamWriter, TOGUID } from './make-stream.js'

interface Result {
  readonly out: Buffer
  readonly summary: StreamSummary | undefined
  readonly error: Z3Error | undefined
}

/** @param chunk how much each read gives, bytes */
const verify = (stream: Uint8Array, chunk = 65_536): Result => {
  let at = 0
  const out: Uint8Array[] = []
  const read = (into: Uint8Array): number => {
    const part = stream.subarray(at, at + Math.min(chunk, into.byteLength))
    into.set(part)
    at += part.byteLength
    return part.byteLength
  }
  const write = (bytes: Uint8Array): void => {
    out.push(Buffer.from(bytes))
  }
  const done = (): Buffer => Buffer.concat(out)
  try {
    const summary = verifyStream(read, write)
    return { out: done(), summary, error: undefined }
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    return { out: done(), summary: undefined, error }
  }
}

void t.test('a stream comes out as it went in', (t) => {
  for (const little of [true, false]) {
    const stream = smallStream(little)
    for (const chunk of [1, 3, 7, 311, 312, 313, 1000, 65_536]) {
      const { out, summary, error } = verify(stream, chunk)
      const what = `little: ${String(little)}, ${String(chunk)} a read`
      t.equal(error, undefined, what)
      t.ok(out.equals(stream), what)
      t.match(summary, {
        isPackage: false,
        bytes: stream.byteLength,
        streams: [
          {
            toguid: TOGUID,
            fromguid: 0n,
            creation: 1_795_000_000,
            objects: 1,
            records: { BEGIN: 1, OBJECT: 1, WRITE: 1, FREE: 1, END: 1 },
            bytes: stream.byteLength,
          },
        ],
      })
    }
  }
  t.end()
})

void t.test('every bit that is wrong, and every cut, is seen', (t) => {
  const stream = smallStream()
  const missed: string[] = []
  const see = (what: string, { out, error }: Result): void => {
    if (error?.exitStatus !== 3) missed.push(what)
    // never to its end; but what BEGIN calls its list, to the end of the input
    const isList = /^byte [4-7]$/.test(what)
    if (out.byteLength >= stream.byteLength && !isList) {
      missed.push(`${what}: written`)
    }
  }
  for (let at = 0; at < stream.byteLength; at += 1) {
    const damaged = Buffer.from(stream)
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
    see(`byte ${String(at)}`, verify(damaged))
    see(`cut ${String(at)}`, verify(stream.subarray(0, at), 100))
  }
  t.strictSame(missed, [])
  t.equal(verify(stream.subarray(0, 100)).error?.code, 'cut-stream')
  t.equal(verify(stream.subarray(0, -1)).error?.code, 'cut-stream')
  t.end()
})

void t.test('what the grammar forbids', (t) => {
  const begin = (): StreamWriter => new StreamWriter().begin()
  const cases: readonly (readonly [
    what: string,
    stream: Buffer,
    code: string,
    message: string | RegExp,
  ])[] = [
    [
      'BEGIN in a stream',
      begin().begin().end().bytes,
      'corrupt-stream',
      'byte 312, record 2 (BEGIN): BEGIN inside of a stream',
    ],
    [
      'data behind the end',
      Buffer.concat([smallStream(), Buffer.from('x')]),
      'corrupt-stream',
      /data after the end$/,
    ],
    [
      'an unknown record',
      begin().add({ kind: 11 }).end().bytes,
      'unsupported-stream',
      /unknown record kind 11$/,
    ],
    [
      'an unknown feature',
      new StreamWriter().begin({ 16: 1n | (1n << 20n) }).end().bytes,
      'unsupported-stream',
      /unknown feature flag 18$/,
    ],
    [
      'another snapshot',
      begin()
        .add({ kind: 'FREE', fields: { 32: 1n } })
        .end().bytes,
      'corrupt-stream',
      /record 2 \(FREE\): it belongs to another snapshot$/,
    ],
    [
      'one record without a checksum',
      begin()
        .add({ kind: 'FREE', fields: { 32: TOGUID } })
        .add({ kind: 'FREE', fields: { 32: TOGUID }, bare: true })
        .end().bytes,
      'corrupt-stream',
      /record 3 \(FREE\): its checksum is missing$/,
    ],
    [
      'a feature that was not announced',
      begin()
        .add({ kind: 'REDACT', fields: { 32: TOGUID } })
        .end().bytes,
      'corrupt-stream',
      /does not announce the feature redacted$/,
    ],
    [
      'more data than a block holds',
      begin().add({ kind: 'WRITE', fields: { 32: 1n << 30n, 40: TOGUID } }).bytes,
      'corrupt-stream',
      /1073741824 bytes of data exceed the limit of 16777216$/,
    ],
    [
      'a total that is wrong',
      begin().add({ kind: 'END', fields: { 40: TOGUID } }).bytes,
      'corrupt-stream',
      /checksum mismatch of the whole stream$/,
    ],
    ['nothing', Buffer.alloc(0), 'cut-stream', 'the stream is empty'],
    ['gzip', gzipSync(smallStream()), 'not-a-stream', /it looks like output of gzip or pigz$/],
    [
      'text',
      Buffer.from('hello, world, and more than sixteen bytes'),
      'not-a-stream',
      'this is not a ZFS send stream',
    ],
  ]
  for (const [what, stream, code, message] of cases) {
    const { error, out } = verify(stream)
    t.match(error, { code, exitStatus: 3, message }, what)
    t.ok(out.byteLength < stream.byteLength || out.byteLength === 0, what)
  }
  t.end()
})

void t.test('old streams have no checksum in any record', (t) => {
  const stream = new StreamWriter()
    .begin()
    .add({ kind: 'FREE', fields: { 32: TOGUID }, bare: true })
    .end(TOGUID, true).bytes
  t.equal(verify(stream).error, undefined)
  t.end()
})

void t.test('packages', (t) => {
  // an empty list in XDR: header, version, flags, end
  const list = Buffer.from([1, 1, 0, 0, ...Buffer.alloc(16)])
  const head = (): StreamWriter => {
    const writer = new StreamWriter().begin({ 16: 2n, 40: 0n }, list)
    return writer.end(0n, true)
  }
  const whole = head().begin().end().begin().end().close().bytes
  t.match(verify(whole, 100).summary, {
    isPackage: true,
    bytes: whole.byteLength,
    streams: [{ toguid: TOGUID }, { toguid: TOGUID }],
  })
  for (const [what, stream, message] of [
    ['without its END', head().begin().end().bytes, /before its last record$/],
    [
      'a package in it',
      head().begin({ 16: 2n }, list).close().bytes,
      /a package inside of a package$/,
    ],
    [
      'a record between',
      head().add({ kind: 'FREE' }).close().bytes,
      /unexpected at this position$/,
    ],
    [
      'a list that cannot be read',
      new StreamWriter().begin({ 16: 2n }, Buffer.alloc(16, 7)).end(0n, true).bytes,
      /the list behind it cannot be read$/,
    ],
  ] as const) {
    t.match(verify(stream).error, { exitStatus: 3, message }, what)
  }
  t.end()
})
