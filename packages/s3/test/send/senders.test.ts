import { syncBuiltinESMExports } from 'node:module'
import threads, { Worker } from 'node:worker_threads'
import { AWS_PART_LIMITS, MIB, partSchedule } from '@z3/core'
import { pattern, until } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { upload } from '../../src/engine/upload.js'
import type { MultipartUpload } from '../../src/multipart-upload.js'
import { fakeStore } from '../fake-store.js'

const CREATE = { metadata: {}, overwrite: false }
const BODY = new Uint8Array(new SharedArrayBuffer(6 * MIB)).fill(7)

/** Wait until a thread hashes the next part. */
const threadOf = (of: MultipartUpload) =>
  until('a thread', () => Object.keys(of.hasher().digest()).length === 0)

const part = (partNumber: number, body: Uint8Array = BODY) => ({
  partNumber,
  offset: (partNumber - 1) * BODY.byteLength,
  body,
  digest: {},
})

/** Let the thread end when it gets a job. */
const killAt = (t: Test, kind: 'hash' | 'send') => {
  const post = Reflect.get(Worker.prototype, 'postMessage') as (message: unknown) => void
  t.teardown(() => {
    Worker.prototype.postMessage = post
  })
  Worker.prototype.postMessage = function (this: Worker, message: { job?: { kind?: string } }) {
    if (message.job?.kind === kind) void this.terminate()
    else post.call(this, message)
  }
}

for (const checksums of [false, true]) {
  void t.test(`a thread hashes and sends${checksums ? ' CRC-32s' : ''}`, async (t) => {
    const { fake, store } = await fakeStore(
      t,
      { checksums },
      { senders: 2, trustedWire: checksums, attempts: 3 },
    )
    const of = await store.createUpload('k', CREATE)
    await threadOf(of)
    let refused = 0
    fake.faults = ({ op }) =>
      op === 'UploadPart' && refused++ === 0 ? { status: 503, code: 'SlowDown' } : undefined
    const parts = await Promise.all([of.uploadPart(part(1)), of.uploadPart(part(2))])
    const info = await of.complete(parts)
    t.equal(info.size, 2 * BODY.byteLength)
    t.equal(refused, 3, 'one was repeated')
    const sent = fake.requests.filter(({ op }) => op === 'UploadPart')
    for (const { headers } of sent) {
      t.match(headers, checksums ? { 'x-amz-checksum-crc32': /=$/ } : {})
      t.match(headers['x-amz-content-sha256'], checksums ? 'UNSIGNED-PAYLOAD' : /^[0-9a-f]{64}$/)
    }
  })
}

void t.test('without threads', async (t) => {
  const { fake, store } = await fakeStore(t, {}, { senders: 0 })
  const data = pattern(16 * MIB)
  const of = await store.createUpload('k', CREATE)
  t.match(of.hasher().digest(), { sha256: String })
  t.match(of.hasher().digest(), { sha256: String }, 'the thread that reads always hashes')
  const parts = await Promise.all([1, 2].map((n) => of.uploadPart(part(n, data))))
  await of.complete(parts)
  t.same(fake.objects.get('k')?.body, Buffer.concat([data, data]))
})

for (const kind of ['hash', 'send'] as const) {
  void t.test(`a thread that dies at a job: ${kind}`, async (t) => {
    const { fake, store } = await fakeStore(t, {}, { senders: 1 })
    // the thread runs before the upload begins
    await threadOf(await store.createUpload('before', CREATE))
    const before = fake.uploads.size
    killAt(t, kind)
    const data = pattern(30 * MIB)
    let at = 0
    const failing = upload(
      store,
      () => ({
        fill: (into, onChunk) => {
          into.set(data.subarray(at, at + into.byteLength))
          const chunk = into.subarray(0, Math.min(into.byteLength, data.byteLength - at))
          at += chunk.byteLength
          onChunk(chunk)
          return Promise.resolve(chunk.byteLength)
        },
        close: () => undefined,
      }),
      {
        key: 'k',
        schedule: partSchedule({ chunkSize: 5 * MIB }, AWS_PART_LIMITS, 30 * MIB),
        concurrency: 2,
        memory: 30 * MIB,
        metadata: {},
        overwrite: false,
        commit: () => Promise.resolve(),
      },
    )
    await t.rejects(failing, {
      code: 'sender-failed',
      message: 'the thread that sends parts failed: it ended',
    })
    t.equal(fake.uploads.size, before, 'the upload was aborted')
    t.notOk(fake.objects.has('k'))
  })
}

void t.test('a system without threads', async (t) => {
  const original = threads.Worker
  t.teardown(() => {
    threads.Worker = original
    syncBuiltinESMExports()
  })
  threads.Worker = function () {
    throw new Error('no more threads')
  } as unknown as typeof Worker
  syncBuiltinESMExports()
  const { store } = await fakeStore(t, {}, { senders: 1 })
  const notes: string[] = []
  const of = await store.createUpload('k', { ...CREATE, onNote: (line) => notes.push(line) })
  of.hasher()
  of.hasher()
  await until('a note', () => notes.length > 0)
  t.same(notes, ['cannot start a thread that sends parts: no more threads'])
  const info = await of.complete([await of.uploadPart(part(1))])
  t.equal(info.size, BODY.byteLength)
})
