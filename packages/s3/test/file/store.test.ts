import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AWS_PART_LIMITS, GIB, partSchedule, partSize, type ErrorCode } from '@z3/core'
import t from 'tap'
import { FileStore } from '../../src/file/store.js'
import { collect, keysOf, put, read, sendPart } from '../contract/fixture.js'
import { filesBelow } from './files-below.js'
import { CHANGES, patchFs, systemError } from './patch-fs.js'
import { objectStoreContract } from '../object-store-contract.js'

const KEY = 'z3-backup/tank/a@d-1'
const plain = { metadata: {}, overwrite: false }

await t.test('contract', async (t) => {
  const root = t.testdir()
  await objectStoreContract(t, 'files', () => Promise.resolve(new FileStore(root)), {
    resumes: false,
  })
  t.same(await filesBelow(root), [], 'the directory is empty again')
})

await t.test('a file system without hard links', async (t) => {
  const root = t.testdir()
  const store = new FileStore(root)
  const old = await put(store, 'old', Buffer.from('old'))
  for (const code of ['EPERM', 'EOPNOTSUPP', 'ENOSYS']) {
    await t.test(code, async (t) => {
      await patchFs(t, ['link'], () => {
        throw systemError(code)
      })
      await t.rejects(store.createUpload(KEY, plain), {
        name: 'Z3Error',
        code: 'not-implemented',
        message: `the file system of '${root}' has no hard links: creating an object there could replace another one`,
        hint: /--overwrite/,
      })
      t.equal((await filesBelow(root)).length, 2, 'nothing is left, and no directory')
      await put(store, KEY, Buffer.from('new'), { overwrite: true })
      const info = await put(store, KEY, Buffer.from('newer'), { overwrite: true })
      t.equal((await read(store, info, 0, 5)).toString(), 'newer')
      t.equal((await read(store, old, 0, 3)).toString(), 'old', 'what is there can be read')
      await store.delete(KEY)
    })
  }
})

await t.test('an object as version 1 of z3 has written it', async (t) => {
  const id = '0199c8b2a1f3'.padEnd(32, 'c0ffee')
  const descriptor = {
    version: 1,
    key: 'z3-backup/tank/a:b@d-1',
    size: 9,
    etag: `"cbf43926-${id}"`,
    crc32: 'cbf43926',
    metadata: { isfull: 'true' },
    modified: '2026-11-28T22:00:00.000Z',
    data: `a%3Ab@d-1.${id}`,
  }
  const root = t.testdir({
    'z3-backup': {
      tank: {
        'a%3Ab@d-1.z3.json': `${JSON.stringify(descriptor, null, 2)}\n`,
        [`a%3Ab@d-1.${id}`]: '123456789',
        [`a%3Ab@d-2.${id.replace('01', '02')}.pending`]: 'half',
      },
    },
  })
  const store = new FileStore(root)
  const { key, size, etag, metadata } = descriptor
  const modified = new Date(descriptor.modified)
  const info = await store.head(key)
  t.same(info, { key, size, etag, metadata, modified, crc32: 0xcbf43926 })
  t.equal((await read(store, info, 0, 9)).toString(), '123456789')
  t.same(await collect(store.list('')), [{ key, size, etag, modified }])
  const [pending, ...others] = await collect(store.listUploads(''))
  t.match(pending, { key: 'z3-backup/tank/a:b@d-2', uploadId: id.replace('01', '02') })
  t.same(others, [])
  if (pending) await store.abortUpload(pending)
  await store.delete(key)
  t.same(await filesBelow(root), [])
})

await t.test('a directory that another run tidies away is made again', async (t) => {
  for (const call of ['mkdir', 'open wx']) {
    await t.test(call, async (t) => {
      const store = new FileStore(t.testdir())
      let calls = 0
      await patchFs(t, [call], async (_, original) => {
        calls++
        if (calls === 1) throw systemError('ENOENT')
        return await original()
      })
      await t.resolves(put(store, KEY, Buffer.from('x')))
    })
  }
})

await t.test('what lies in the directory', async (t) => {
  const root = t.testdir()
  const store = new FileStore(root)
  t.equal(store.title, `directory '${root}'`)
  const upload = await store.createUpload(KEY, {
    metadata: { isfull: 'true' },
    overwrite: false,
  })
  const id = upload.uploadId
  const directories = ['z3-backup/', 'z3-backup/tank/']
  t.same(await filesBelow(root), [...directories, `${KEY}.${id}.pending`])
  const info = await upload.complete([await sendPart(upload, 1, 0, Buffer.from('123456789'))])
  t.same(await filesBelow(root), [...directories, `${KEY}.${id}`, `${KEY}.z3.json`])
  t.equal(await readFile(join(root, `${KEY}.${id}`), 'utf8'), '123456789', 'the raw stream')
  const text = await readFile(join(root, `${KEY}.z3.json`), 'utf8')
  t.strictSame(JSON.parse(text), {
    version: 1,
    key: KEY,
    size: 9,
    etag: info.etag,
    // the check value of CRC-32
    crc32: 'cbf43926',
    metadata: { isfull: 'true' },
    modified: info.modified?.toISOString(),
    data: `a@d-1.${id}`,
  })
  t.match(text, /\n {2}"size": 9,\n/, 'for people too')
  const again = new FileStore(root)
  t.same(await again.head(KEY), info, 'another run sees the same')
  await put(again, KEY, Buffer.from('new'), { overwrite: true })
  const now = await filesBelow(root)
  t.equal(now.length, 4, 'nothing is left of what was replaced')
  t.notOk(now.includes(`${KEY}.${id}`))
  await again.delete(KEY)
  t.same(await filesBelow(root), [])
})

await t.test('the directory is never made', async (t) => {
  const root = t.testdir({ file: 'x' })
  for (const [name, problem] of [
    ['missing', 'does not exist'],
    ['file', 'is not a directory'],
    ['file/below', 'does not exist'],
  ] as const) {
    const store = new FileStore(join(root, name))
    const error = {
      name: 'Z3Error',
      code: 'no-such-bucket' as const,
      message: `the directory '${join(root, name)}' ${problem}`,
    }
    const etag = '"x"'
    const upload = { key: 'k', uploadId: 'a'.repeat(32), initiated: undefined }
    await t.rejects(store.head('k'), error)
    await t.rejects(read(store, { key: 'k', etag, size: 1 }, 0, 1), error)
    await t.rejects(store.createUpload('k', plain), error)
    await t.rejects(collect(store.list('')), error)
    await t.rejects(collect(store.listUploads('')), error)
    await t.rejects(store.abortUpload(upload), error)
    await t.rejects(store.delete('k'), error)
  }
  t.same(await filesBelow(root), ['file'])
})

await t.test('unmounted in the middle', async (t) => {
  const root = join(t.testdir({ mnt: {} }), 'mnt')
  const store = new FileStore(root)
  const upload = await store.createUpload(KEY, plain)
  const part = await sendPart(upload, 1, 0, Buffer.from('x'))
  await rename(root, `${root}-away`)
  await mkdir(root)
  await t.rejects(upload.complete([part]), { code: 'no-such-upload' })
  await upload.abort()
  t.same(await filesBelow(root), [], 'nothing is left on the wrong disk')
})

await t.test('part sizes are those of S3', (t) => {
  const { limits } = new FileStore('/nowhere')
  for (const request of [{}, { estimated: 1e13 }, { chunkSize: 7_000_000 }]) {
    const ours = partSchedule(request, limits, GIB)
    const theirs = partSchedule(request, AWS_PART_LIMITS, GIB)
    for (const n of [1, 999, 1001, 5000, 10_000]) {
      t.equal(partSize(ours, n), partSize(theirs, n))
    }
  }
  t.end()
})

await t.test('parts must fit together', async (t) => {
  const root = t.testdir()
  const store = new FileStore(root)
  const upload = await store.createUpload(KEY, plain)
  const one = await sendPart(upload, 1, 0, Buffer.from('11111'))
  const two = await sendPart(upload, 2, 5, Buffer.from('22222'))
  const gap = await sendPart(upload, 3, 11, Buffer.from('33333'))
  const wrong = { name: 'Z3Error', code: 'size-mismatch' as const }
  for (const [title, parts] of [
    ['a hole before the third', [one, two, gap]],
    ['one that is missing', [one, gap]],
    ['one left out at the end', [one, two]],
    ['out of order', [two, one]],
    ['twice', [one, one]],
  ] as const) {
    await t.rejects(upload.complete(parts), wrong, title)
  }
  for (const offset of [-1, 0.5, NaN]) {
    const body = Buffer.from('x')
    await t.rejects(sendPart(upload, 4, offset, body), wrong, String(offset))
  }
  const over = await sendPart(upload, 2, 4, Buffer.from('22222'))
  const last = await sendPart(upload, 3, 10, Buffer.from('333333'))
  await t.rejects(upload.complete([one, over, last]), wrong, 'an overlap')
  await sendPart(upload, 2, 5, Buffer.from('22222'))
  await t.rejects(upload.complete([one, two, last]), wrong, 'and what it hit')
  await sendPart(upload, 1, 0, Buffer.from('11111'))
  const three = await sendPart(upload, 3, 10, Buffer.from('333333'))
  const info = await upload.complete([one, two, three])
  const text = (await read(store, info, 0, 16)).toString()
  t.equal(text, '1111122222333333')
  await t.rejects(upload.complete([one]), { code: 'no-such-upload' }, 'once')
  await upload.abort()
  t.equal((await store.head(KEY)).size, 16, 'abort after it changes nothing')
})

await t.test('an abort waits for one chunk, not for the part', async (t) => {
  const store = new FileStore(t.testdir())
  const upload = await store.createUpload(KEY, plain)
  const body = Buffer.alloc(20 << 20)
  const run = async (
    method: string,
    send: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<void> => {
    await t.test(method, async (t) => {
      const controller = new AbortController()
      let calls = 0
      await patchFs(t, [method], async (_, call) => {
        calls++
        if (calls === 4) controller.abort()
        return await call()
      })
      await t.rejects(send(controller.signal), { name: 'AbortError' })
      t.equal(calls, 4)
    })
  }
  await run('handle.write', (signal) => sendPart(upload, 1, 0, body, signal))
  const part = await sendPart(upload, 1, 0, body)
  const { etag, size } = await upload.complete([part])
  await run('handle.read', (signal) =>
    store.read(KEY, { offset: 0, into: body, etag, size, signal }),
  )
})

await t.test('a part whose second try fails is no part', async (t) => {
  const store = new FileStore(t.testdir())
  const upload = await store.createUpload(KEY, plain)
  const part = await sendPart(upload, 1, 0, Buffer.from('11111'))
  await t.test('second try', async (t) => {
    await patchFs(t, ['handle.write'], async (_, call) => {
      await call()
      throw systemError('EIO')
    })
    await t.rejects(sendPart(upload, 1, 0, Buffer.from('22222')))
  })
  await t.rejects(upload.complete([part]), { code: 'size-mismatch' })
  await upload.abort()
})

await t.test('each step is durable before the next', async (t) => {
  const store = new FileStore(t.testdir())
  const upload = await store.createUpload('tank/a', plain)
  const part = await sendPart(upload, 1, 0, Buffer.from('x'))
  const next = await store.createUpload('tank/a', { ...plain, overwrite: true })
  const nextPart = await sendPart(next, 1, 0, Buffer.from('y'))
  const steps: string[] = []
  await patchFs(t, CHANGES, async (name, call) => {
    const result = await call()
    steps.push(name.replace('handle.', ''))
    return result
  })
  const data = 'sync'
  const temporary = 'open wx, writeFile, sync'
  const named = 'rename, sync, sync'
  await upload.complete([part])
  t.equal(steps.splice(0).join(', '), [data, temporary, named, 'link, unlink, sync'].join(', '))
  await next.complete([nextPart])
  t.equal(steps.splice(0).join(', '), [data, temporary, named, 'rename, sync, unlink'].join(', '))
  await store.delete('tank/a')
  t.equal(steps.join(', '), 'unlink, sync, unlink, rmdir')
})

await t.test('metadata that no descriptor could hold', async (t) => {
  const store = new FileStore(t.testdir())
  const metadata = { k: 'x'.repeat(10_000) }
  await t.rejects(store.createUpload(KEY, { metadata, overwrite: false }), {
    code: 'invalid-metadata',
  })
})

await t.test('metadata is as it was when the upload began', async (t) => {
  const store = new FileStore(t.testdir())
  const metadata = { a: '1' }
  const upload = await store.createUpload(KEY, { metadata, overwrite: false })
  metadata.a = '2'
  await upload.complete([await sendPart(upload, 1, 0, Buffer.from('x'))])
  t.same((await store.head(KEY)).metadata, { a: '1' })
})

await t.test('a run that was killed', async (t) => {
  const root = t.testdir()
  const store = new FileStore(root)
  const begun = Date.now()
  const dead = await store.createUpload(KEY, plain)
  await sendPart(dead, 1, 0, Buffer.from('half'))
  await writeFile(join(root, `${KEY}.${dead.uploadId}.tmp`), '{')
  const later = new FileStore(root)
  const all = await collect(later.listUploads(''))
  t.equal(all.length, 1, 'two files, one upload')
  const [pending] = await collect(later.listUploads('z3-backup/'))
  t.equal(pending?.uploadId, dead.uploadId)
  const initiated = pending?.initiated?.getTime() ?? 0
  t.ok(begun <= initiated && initiated <= Date.now(), 'it was begun now')
  t.same(await collect(later.listUploads('other/')), [])
  if (pending) await later.abortUpload(pending)
  t.same(await filesBelow(root), [])
  // it was not dead after all
  await t.rejects(
    sendPart(dead, 2, 4, Buffer.from('x')).then((two) => dead.complete([two])),
    { name: 'Z3Error' },
  )
  await dead.abort()
  t.same(await filesBelow(root), [])
})

await t.test('the newest file tells when an upload was last at work', async (t) => {
  const root = t.testdir()
  const store = new FileStore(root)
  const day = (n: number): Date => new Date(Date.UTC(2026, 0, n))
  const upload = await store.createUpload(KEY, plain)
  const part = await sendPart(upload, 1, 0, Buffer.from('half'))
  const [pending] = await collect(store.listUploads(''))
  if (pending === undefined) throw new Error('not listed')
  const path = join(root, `${KEY}.${upload.uploadId}`)
  await utimes(`${path}.pending`, day(2), day(2))
  t.same(await store.lastActivity(pending), day(2))
  await writeFile(`${path}.tmp`, '{')
  await utimes(`${path}.tmp`, day(3), day(3))
  t.same(await store.lastActivity(pending), day(3), 'it was completing')
  await utimes(`${path}.pending`, day(4), day(4))
  t.same(await store.lastActivity(pending), day(4))
  // as a run leaves it that dies before the descriptor is in place
  await rename(`${path}.pending`, path)
  await utimes(path, day(5), day(5))
  t.same(await store.lastActivity(pending), day(5))
  await rename(path, `${path}.pending`)
  await upload.complete([part])
  t.equal(await store.lastActivity(pending), undefined, 'it is an object')
  // what is listed as pending must not be unknown for ever
  await writeFile(`${path}.tmp`, '{')
  await utimes(`${path}.tmp`, day(6), day(6))
  t.same(await store.lastActivity(pending), day(6))
  await store.abortUpload(pending)
  t.equal(await store.lastActivity(pending), undefined)
  t.equal((await store.head(KEY)).size, 4, 'the object is left alone')

  await t.rejects(store.lastActivity({ ...pending, uploadId: '../x' }), {
    code: 'no-such-upload',
  })
  const elsewhere = { ...pending, key: 'no/such@directory' }
  t.equal(await store.lastActivity(elsewhere), undefined)
})

await t.test('complete against a cleanup of the same upload', async (t) => {
  for (let round = 0; round < 30; round++) {
    const root = t.testdir()
    const store = new FileStore(root)
    const upload = await store.createUpload(KEY, plain)
    const part = await sendPart(upload, 1, 0, Buffer.from('stream'))
    const abort = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, round / 6))
      for (const found of await collect(store.listUploads(''))) {
        await store.abortUpload(found)
      }
    }
    const [completed] = await Promise.allSettled([upload.complete([part]), abort()])
    if (completed.status === 'fulfilled') {
      const found = await read(store, completed.value, 0, 6)
      if (found.toString() !== 'stream') t.fail('lost')
    } else {
      await upload.abort()
      const left = await filesBelow(root)
      if (left.length > 0) t.fail(`left: ${left.join()}`)
    }
  }
  t.pass('30 rounds')
})

await t.test('what happens right after the commit is seen', async (t) => {
  const cases: [string, ErrorCode, (root: string) => Promise<unknown>][] = [
    [
      'replaced',
      'object-changed',
      async (root) => {
        const store = new FileStore(root)
        await put(store, KEY, Buffer.from('new'), { overwrite: true })
      },
    ],
    ['deleted', 'object-changed', (root) => new FileStore(root).delete(KEY)],
    [
      'its data is gone',
      'size-mismatch',
      async (root) => {
        const files = await filesBelow(root)
        const data = files.find((f) => /\.[0-9a-f]{32}$/.test(f)) ?? ''
        await rm(join(root, data))
      },
    ],
  ]
  for (const [title, code, happen] of cases) {
    await t.test(title, async (t) => {
      const root = t.testdir()
      const store = new FileStore(root)
      const upload = await store.createUpload(KEY, plain)
      const part = await sendPart(upload, 1, 0, Buffer.from('stream'))
      await t.test('complete', async (t) => {
        await patchFs(t, ['link'], async (_, call) => {
          await call()
          await happen(root)
        })
        await t.rejects(upload.complete([part]), { name: 'Z3Error', code })
      })
      await upload.abort()
      const files = (await filesBelow(root)).filter((f) => !f.endsWith('/'))
      t.equal(files.length, title === 'replaced' ? 2 : 0, files.join())
    })
  }
})

await t.test('completed while a cleanup takes its data away', async (t) => {
  const store = new FileStore(t.testdir())
  const upload = await store.createUpload(KEY, plain)
  const part = await sendPart(upload, 1, 0, Buffer.from('stream'))
  await t.test('the run', async (t) => {
    let placing: (() => Promise<unknown>) | undefined
    await patchFs(t, ['link', 'rename'], async (name, call) => {
      if (name === 'link') {
        placing = call
        await store.abortUpload({ ...upload, initiated: undefined })
        return
      }
      await call()
      // the cleanup has just renamed the data: now the object appears
      const place = placing
      placing = undefined
      await place?.()
    })
    await t.resolves(upload.complete([part]))
    t.equal(placing, undefined, 'it went that way')
  })
  const info = await store.head(KEY)
  t.equal((await read(store, info, 0, 6)).toString(), 'stream', 'given back')
})

await t.test('replaced or deleted between descriptor and data', async (t) => {
  for (const [title, happen] of [
    ['replaced', (store: FileStore) => put(store, KEY, Buffer.from('newer'), { overwrite: true })],
    ['deleted', (store: FileStore) => store.delete(KEY)],
  ] as const) {
    await t.test(title, async (t) => {
      const store = new FileStore(t.testdir())
      const info = await put(store, KEY, Buffer.from('old'))
      let opened = 0
      await patchFs(t, ['open'], async (_, call) => {
        opened++
        // the first is that of the descriptor
        if (opened === 2) await happen(store)
        return await call()
      })
      const changed = { name: 'Z3Error', code: 'object-changed' as const }
      await t.rejects(read(store, info, 0, 3), changed)
    })
  }
})

await t.test('many writers that overwrite, and readers', async (t) => {
  const root = t.testdir()
  const store = new FileStore(root)
  const overwrite = true
  const body = (n: number): Buffer => Buffer.alloc(1000 + n, String(n))
  await put(store, KEY, body(0), { overwrite })
  let writing = true
  const reader = async (): Promise<number> => {
    let whole = 0
    while (writing) {
      try {
        const info = await store.head(KEY)
        const found = await read(store, info, 0, info.size)
        const same = found.every((byte) => byte === found[0])
        if (!same || !found.equals(body(Number(String.fromCharCode(found[0] ?? 0))))) {
          t.fail('a mixture')
        }
        whole++
      } catch (error) {
        // replaced between the descriptor and the data: says so
        t.match(error, { code: 'object-changed' })
      }
    }
    return whole
  }
  const readers = [reader(), reader()]
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      [1, 2, 3].map((n) =>
        put(store, KEY, body(n), { overwrite }).catch((error: unknown) => {
          t.match(error, { code: 'object-changed' })
        }),
      ),
    )
  }
  writing = false
  const [a = 0, b = 0] = await Promise.all(readers)
  t.ok(a + b > 0, 'something was read')
  for (const upload of await collect(store.listUploads(''))) {
    await store.abortUpload(upload)
  }
  const files = (await filesBelow(root)).filter((f) => !f.endsWith('/'))
  t.equal(files.length, 2, 'one object is left, and nothing else')
  await store.head(KEY)
})

await t.test('10,000 objects, and no look at any but those wanted', async (t) => {
  const root = t.testdir()
  const store = new FileStore(root)
  await put(store, 'tank/00000', Buffer.from('x'))
  const text = await readFile(join(root, 'tank/00000.z3.json'), 'utf8')
  const { data } = JSON.parse(text) as { data: string }
  const names = Array.from({ length: 10_000 }, (_, i) => String(i).padStart(5, '0'))
  for (let i = 0; i < names.length; i += 100) {
    await Promise.all(
      names
        .slice(i, i + 100)
        .flatMap((name) => [
          writeFile(join(root, 'tank', `${name}.z3.json`), text.replaceAll('00000', name)),
          writeFile(join(root, 'tank', data.replace('00000', name)), 'x'),
        ]),
    )
  }
  const keys = await keysOf(store, 'tank/')
  t.same(
    keys,
    names.map((name) => `tank/${name}`),
  )
  let opened = 0
  await patchFs(t, ['open'], async (_, call) => {
    opened++
    return await call()
  })
  t.same(await keysOf(store, 'tank/0500'), keys.slice(5000, 5010))
  t.equal(opened, 20, 'each descriptor and its data once, and nothing else')
  await rm(root, { recursive: true })
})
