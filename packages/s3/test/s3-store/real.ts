import { PutObjectCommand } from '@aws-sdk/client-s3'
import { MIB } from '@z3/core'
import { makeBucket, NO_SERVER, pattern, plainClient, testServers } from '@z3/fixtures'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { download } from '../../src/engine/download.js'
import type { UploadOptions } from '../../src/multipart-upload.js'
import { equalParts } from '../../src/s3/upload-metadata.js'
import { S3Store } from '../../src/s3/s3-store.js'
import { sendPart } from '../contract/fixture.js'
import { objectStoreContract, type ContractOptions } from '../object-store-contract.js'

/** A store on one of the servers that scripts/test starts, if it did. */
async function openReal(name: string) {
  const server = testServers().find((server) => server.name === name)
  if (!server) return undefined
  const bucket = await makeBucket(server)
  const store = new S3Store({
    bucket,
    endpoint: server.endpoint,
    credentials: {
      accessKeyId: server.keyId,
      secretAccessKey: server.secret,
    },
    attempts: 3,
    connections: 8,
  })
  return { server, bucket, store }
}

/**
 * Hold a real server to the contract.
 *
 * @param name of one of the servers that scripts/test starts
 * @param options what this kind of server is known not to do
 */
export async function realServer(t: Test, name: string, options: ContractOptions): Promise<void> {
  const real = await openReal(name)
  if (!real) {
    await t.test(name, { skip: NO_SERVER }, () => undefined)
    return
  }
  await objectStoreContract(t, name, () => Promise.resolve(real.store), options)
}

/**
 * Downloads are compared with the ETag, since over plain HTTP no checksum is
 * asked for.
 *
 * @param tellsParts the server tells the sizes of parts
 */
export async function verifiesDownloads(t: Test, name: string, tellsParts = false): Promise<void> {
  const real = await openReal(name)
  if (!real) {
    await t.test(name, { skip: NO_SERVER }, () => undefined)
    return
  }
  const { server, bucket, store } = real
  await t.test('downloads are verified', async (t) => {
    const part = 5 * MIB
    const data = pattern(2 * part + 1000)
    const upload = async (key: string, schedule: UploadOptions['schedule']) => {
      const begun = await store.createUpload(key, { metadata: {}, overwrite: true, schedule })
      const parts = []
      for (let at = 0; at < data.length; at += part) {
        parts.push(await sendPart(begun, parts.length + 1, at, data.subarray(at, at + part)))
      }
      await begun.complete(parts)
    }
    const read = async (key: string, damage?: (bytes: Uint8Array) => void) =>
      download(store, {
        info: await store.head(key),
        chunkSize: 3 * MIB,
        concurrency: 3,
        memory: 12 * MIB,
        write: (bytes) => Promise.resolve(damage?.(bytes)),
      })
    const same = { kind: 'same', by: 'MD5' }
    await upload('noted', equalParts(part))
    t.same(await read('noted'), same)
    await upload('other', undefined)
    t.match(await read('other'), tellsParts ? same : { kind: 'unchecked' })
    const client = plainClient(server)
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'put', Body: data }))
    client.destroy()
    t.same(await read('put'), same)
    // no server can be made to damage a body: the bytes are changed on arrival
    const damage = (bytes: Uint8Array) => void bytes.fill(0, 0, 1)
    for (const key of ['noted', 'put']) {
      await t.rejects(read(key, damage), { code: 'checksum-mismatch' }, key)
    }
    store.close()
  })
}

/** More parts than a server lists on one page. */
export async function listsManyParts(t: Test, name: string): Promise<void> {
  const real = await openReal(name)
  if (!real) {
    await t.test(name, { skip: NO_SERVER }, () => undefined)
    return
  }
  const { store } = real
  await t.test('more parts than fit on a page', async (t) => {
    const upload = await store.createUpload('many-parts', {
      metadata: {},
      overwrite: false,
    })
    const send = (partNumber: number) =>
      sendPart(upload, partNumber, partNumber - 1, Buffer.from('x'))
    for (let i = 0; i < 1000; i += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, n) => send(i + n + 1)))
    }
    const pending = { key: upload.key, uploadId: upload.uploadId }
    const activity = () => store.lastActivity({ ...pending, initiated: undefined })
    const before = await activity()
    // by the clock of the server, which may tell whole seconds
    await sleep(2100)
    await send(1001)
    const after = await activity()
    await upload.abort()
    store.close()
    t.ok(Number(after) - Number(before) >= 1000, 'the second page counts')
  })
}

/** More keys than a server lists on one page. */
export async function listsManyKeys(t: Test, name: string): Promise<void> {
  const real = await openReal(name)
  if (!real) {
    await t.test(name, { skip: NO_SERVER }, () => undefined)
    return
  }
  const { server, bucket, store } = real
  await t.test('more keys than fit on a page', async (t) => {
    const keys = Array.from({ length: 1005 }, (_, i) => `many/${String(i).padStart(4, '0')}`)
    const client = plainClient(server)
    for (let i = 0; i < keys.length; i += 15) {
      await Promise.all(
        keys
          .slice(i, i + 15)
          .map((Key) => client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }))),
      )
    }
    client.destroy()
    const listed: string[] = []
    for await (const { key } of store.list('many/')) listed.push(key)
    store.close()
    t.strictSame(listed, keys)
  })
}
