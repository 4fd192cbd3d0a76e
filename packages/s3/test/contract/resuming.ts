import { MIB } from '@z3/core'
import { pattern } from '@z3/fixtures'
import type { Test } from 'tap'
import type { UploadOptions, UploadRecord } from '../../src/multipart-upload.js'
import { collect, read, sendPart, type Fixture } from './fixture.js'

const PART = 5 * MIB
const BODY = pattern(2 * PART + 1000)

/** Part numbers from 1, and the bytes of a stream. */
const split = (body: Buffer): readonly Buffer[] => [
  body.subarray(0, PART),
  body.subarray(PART, 2 * PART),
  body.subarray(2 * PART),
]

/** An upload whose process died is continued with the parts that are equal. */
export async function testResuming(t: Test, { store, prefix, options }: Fixture): Promise<void> {
  const create: UploadOptions = { metadata: { guid: '1' }, overwrite: false }
  const isPending = async (key: string, uploadId: string): Promise<boolean> =>
    (await collect(store.listUploads(key))).some((upload) => upload.uploadId === uploadId)

  /** Begin an upload, send its first parts, and leave it. */
  const leave = async (key: string, body: Buffer, count: number): Promise<UploadRecord> => {
    const upload = await store.createUpload(key, create)
    for (const [i, part] of split(body).slice(0, count).entries()) {
      await sendPart(upload, i + 1, i * PART, part)
    }
    // as in the journal
    return JSON.parse(JSON.stringify(upload.record)) as UploadRecord
  }

  if (options.resumes === false) {
    const upload = await store.createUpload(`${prefix}none`, create)
    t.equal(upload.record, undefined, 'an upload that cannot be continued has no record')
    await upload.abort()
    return
  }

  await t.test('equal parts are not sent again', async (t) => {
    const key = `${prefix}equal`
    const earlier = await leave(key, BODY, 2)
    const upload = await store.createUpload(key, { ...create, earlier })
    t.equal(upload.uploadId, earlier.uploadId)
    const parts = []
    for (const [i, part] of split(BODY).entries()) {
      parts.push(await sendPart(upload, i + 1, i * PART, part))
    }
    t.same(
      parts.map(({ isReused = false }) => isReused),
      [true, true, false],
    )
    const info = await upload.complete(parts)
    t.equal(info.size, BODY.length)
    t.same(info.metadata, { guid: '1' })
    t.ok((await read(store, info, 0, BODY.length)).equals(BODY))
  })

  await t.test('a part that differs, and one of another size, are sent', async (t) => {
    const key = `${prefix}differs`
    const earlier = await leave(key, BODY, 3)
    const changed = Buffer.concat([BODY, Buffer.from('more')])
    changed.writeUInt8(changed.readUInt8(PART) ^ 1, PART)
    const upload = await store.createUpload(key, { ...create, earlier })
    const parts = []
    for (const [i, part] of split(changed).entries()) {
      parts.push(await sendPart(upload, i + 1, i * PART, part))
    }
    t.same(
      parts.map(({ isReused = false }) => isReused),
      [true, false, false],
    )
    const info = await upload.complete(parts)
    t.ok((await read(store, info, 0, changed.length)).equals(changed))
  })

  await t.test('a shorter stream is not stored with what is left', async (t) => {
    const key = `${prefix}shorter`
    const earlier = await leave(key, BODY, 3)
    const upload = await store.createUpload(key, { ...create, earlier })
    const parts = [await sendPart(upload, 1, 0, BODY.subarray(0, PART))]
    await t.rejects(upload.complete(parts), { code: 'store-rejected', message: /more parts/ })
    await upload.abort()
    t.notOk(await store.exists(key))
    t.notOk(await isPending(key, earlier.uploadId))
  })

  await t.test('an upload with other terms is aborted', async (t) => {
    const key = `${prefix}terms`
    const earlier = await leave(key, BODY, 1)
    const upload = await store.createUpload(key, { ...create, metadata: { guid: '2' }, earlier })
    t.not(upload.uploadId, earlier.uploadId)
    t.notOk(await isPending(key, earlier.uploadId))
    const sent = await sendPart(upload, 1, 0, BODY.subarray(0, PART))
    t.notOk(sent.isReused)
    t.same((await upload.complete([sent])).metadata, { guid: '2' })
  })

  await t.test('an upload that was aborted begins anew', async (t) => {
    const key = `${prefix}gone`
    const earlier = await leave(key, BODY, 1)
    await store.abortUpload({ key, uploadId: earlier.uploadId, initiated: undefined })
    const upload = await store.createUpload(key, { ...create, earlier })
    t.not(upload.uploadId, earlier.uploadId)
    await upload.abort()
  })
}
