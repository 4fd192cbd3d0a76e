import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { FileStore } from '../../src/file/store.js'
import { partSchedule, type ErrorCode, type Z3Error } from '@z3/core'
import { mayStand } from '../../src/upload-errors.js'
import type { MultipartUpload } from '../../src/multipart-upload.js'
import { StreamSource } from '../../src/engine/stream-source.js'
import { upload } from '../../src/engine/upload.js'
import { collect, put, read, sendPart } from '../contract/fixture.js'
import { filesBelow } from './files-below.js'
import { CHANGES, patchFs, systemError } from './patch-fs.js'

const KEY = 'tank/a@1'
const OLD = Buffer.from('the old stream')
const NEW = Buffer.from('the new stream, which is longer')

/** What is at KEY, whole; undefined if nothing is. */
async function content(root: string): Promise<string | undefined> {
  const store = new FileStore(root)
  const infos = await collect(store.list(''))
  const [info] = infos
  if (info === undefined) {
    const absent = await store.head(KEY).catch((error: unknown) => error)
    return (absent as { code?: string }).code === 'no-such-key'
      ? undefined
      : `head: ${String(absent)}`
  }
  if ('problem' in info) return `list: ${info.problem.message}`
  return (await read(store, info, 0, info.size)).toString()
}

/** Abort whatever a later run finds. */
async function cleanup(root: string): Promise<void> {
  const store = new FileStore(root)
  for (const upload of await collect(store.listUploads(''))) {
    await store.abortUpload(upload)
  }
}

interface Mode {
  readonly overwrite: boolean
  /** The process dies: nothing works from there on. Else one call fails. */
  readonly dies: boolean
}

/** Let the n-th change fail; false if there are not so many. */
async function failAt(t: Test, n: number, mode: Mode): Promise<boolean> {
  const { overwrite, dies } = mode
  const root = t.testdir()
  if (overwrite) await put(new FileStore(root), KEY, OLD)
  let changes = 0
  let failed = ''
  // a type of its own, or the compiler thinks that it stays false
  const outcome = { succeeded: false, code: '' }
  await t.test('the run', async (t) => {
    await patchFs(t, CHANGES, async (name, call) => {
      changes++
      if (changes === n || (dies && changes > n)) {
        failed ||= name
        throw systemError('EIO', 'input/output error')
      }
      return await call()
    })
    try {
      const store = new FileStore(root)
      const upload = await store.createUpload(KEY, { metadata: {}, overwrite })
      try {
        await upload.complete([await sendPart(upload, 1, 0, NEW)])
        outcome.succeeded = true
      } catch (error) {
        t.match(error, { name: 'Z3Error' })
        outcome.code = (error as Z3Error).code
        // as upload() does it
        if (!mayStand(error)) await upload.abort()
      }
    } catch (error) {
      t.match(error, { name: 'Z3Error' })
    }
  })
  const old = overwrite ? OLD.toString() : undefined
  const now = await content(root)
  const title = `${String(n)}: ${failed}`
  if (outcome.succeeded) t.equal(now, NEW.toString(), `${title}: reported and there`)
  else if (outcome.code === 'completed-unchecked') {
    t.equal(now, NEW.toString(), `${title}: said to be in place, and there`)
  } else if (outcome.code === 'completion-unknown') {
    t.ok(now === old || now === NEW.toString(), `${title}: whole, ${String(now)}`)
  } else t.equal(now, old, `${title}: reported failed, and not there`)
  await cleanup(root)
  t.equal(await content(root), now, 'cleanup leaves objects alone')
  const left = (await filesBelow(root)).filter((f) => !f.endsWith('/'))
  t.equal(left.length, now === undefined ? 0 : 2, `nothing else: ${left.join()}`)
  await put(new FileStore(root), KEY, OLD, { overwrite: now !== undefined })
  t.equal(await content(root), OLD.toString(), 'the key can be used')
  return changes >= n
}

for (const overwrite of [false, true]) {
  for (const dies of [false, true]) {
    const title = [
      overwrite ? 'overwriting' : 'new',
      dies ? 'the process dies' : 'one call fails',
    ].join(', ')
    await t.test(title, async (t) => {
      let n = 1
      while (n < 100 && (await failAt(t, n, { overwrite, dies }))) n++
      t.ok(n > 12, `${String(n)} places were tried`)
    })
  }
}

await t.test('what the system reports', async (t) => {
  const cases: [string, string, ErrorCode][] = [
    ['handle.write', 'ENOSPC', 'no-space'],
    ['handle.write', 'EDQUOT', 'no-space'],
    ['handle.write', 'EIO', 'store-rejected'],
    ['handle.write', 'EFBIG', 'stream-too-large'],
    ['handle.write', 'ESTALE', 'store-unavailable'],
    ['handle.sync', 'ENOSPC', 'no-space'],
    ['handle.sync', 'EIO', 'store-rejected'],
    ['open wx', 'EACCES', 'access-denied'],
    ['open wx', 'EROFS', 'store-rejected'],
    ['open wx', 'ENAMETOOLONG', 'invalid-name'],
    ['mkdir', 'EACCES', 'access-denied'],
    ['mkdir', 'EROFS', 'store-rejected'],
    ['mkdir', 'ENOSPC', 'no-space'],
    ['rename', 'EIO', 'store-rejected'],
    ['link', 'EACCES', 'access-denied'],
    ['link', 'ENOTCONN', 'store-unavailable'],
    ['link', 'EWEIRD', 'store-rejected'],
  ]
  for (const [name, error, code] of cases) {
    await t.test(`${name}: ${error}`, async (t) => {
      const root = t.testdir()
      await t.test('the run', async (t) => {
        await patchFs(t, [name], () => {
          throw systemError(error, 'this and that')
        })
        await t.rejects(put(new FileStore(root), KEY, NEW), {
          name: 'Z3Error',
          code,
          message: /^cannot .*: this and that$/,
        })
        const failure: unknown = await put(new FileStore(root), KEY, NEW).catch(
          (error: unknown) => error,
        )
        t.match((failure as { hint: string }).hint, /^[A-Z].*\.$/)
      })
      await cleanup(root)
      t.same(await filesBelow(root), [])
    })
  }
  await t.test('reading', async (t) => {
    const root = t.testdir()
    const store = new FileStore(root)
    const info = await put(store, KEY, NEW)
    for (const [name, error, code] of [
      ['open', 'EACCES', 'access-denied'],
      ['open', 'EIO', 'store-rejected'],
      ['handle.read', 'EIO', 'store-rejected'],
      ['lstat', 'ESTALE', 'store-unavailable'],
      ['stat', 'EACCES', 'access-denied'],
    ] as const) {
      await t.test(`${name}: ${error}`, async (t) => {
        await patchFs(t, [name], () => {
          throw systemError(error)
        })
        await t.rejects(read(store, info, 0, 3), { name: 'Z3Error', code })
      })
    }
    await t.test('readdir', async (t) => {
      await patchFs(t, ['readdir'], () => {
        throw systemError('EACCES')
      })
      await t.rejects(collect(store.list('')), { code: 'access-denied' })
      await t.rejects(collect(store.listUploads('')), { code: 'access-denied' })
    })
    t.equal((await read(store, info, 0, 3)).toString(), 'the')
  })
  await t.test('one object of a listing', async (t) => {
    const store = new FileStore(t.testdir())
    await put(store, 'a', NEW)
    await put(store, 'b', NEW)
    for (const [name, error, code] of [
      ['open', 'EACCES', 'access-denied'],
      ['open', 'EIO', 'store-rejected'],
      ['handle.read', 'EIO', 'store-rejected'],
    ] as const) {
      await t.test(`${name}: ${error}`, async (t) => {
        let calls = 0
        await patchFs(t, [name], async (_, call) => {
          calls++
          if (calls === 1) throw systemError(error)
          return await call()
        })
        const listed = await collect(store.list(''))
        t.match(listed, [
          { key: 'a', problem: { code }, unreadable: true },
          { key: 'b', size: NEW.length },
        ])
      })
    }
    await t.test('a store that is gone ends the listing', async (t) => {
      await patchFs(t, ['open'], () => {
        throw systemError('ESTALE')
      })
      await t.rejects(collect(store.list('')), { code: 'store-unavailable' })
    })
  })
})

await t.test('a disk that fills up in the middle of a part', async (t) => {
  const root = t.testdir()
  const store = new FileStore(root)
  const upload = await store.createUpload(KEY, {
    metadata: {},
    overwrite: false,
  })
  const first = await sendPart(upload, 1, 0, NEW)
  await t.test('full', async (t) => {
    let writes = 0
    await patchFs(t, ['handle.write'], async (_, call) => {
      writes++
      if (writes > 2) throw systemError('ENOSPC', 'no space left on device')
      return await call()
    })
    const body = Buffer.alloc(5 << 20, 'x')
    await t.rejects(sendPart(upload, 2, NEW.length, body), {
      name: 'Z3Error',
      code: 'no-space',
      message: /^cannot write '.*': no space left on device$/,
    })
  })
  const wrong = {
    name: 'Z3Error',
    code: 'size-mismatch' as const,
    message: /has \d+ bytes, its parts 31$/,
  }
  await t.rejects(upload.complete([first]), wrong, 'half a part is no part')
  await upload.abort()
  t.same(await filesBelow(root), [])
})

await t.test('short writes are carried on', async (t) => {
  const root = t.testdir()
  const store = new FileStore(root)
  const upload = await store.createUpload(KEY, {
    metadata: {},
    overwrite: false,
  })
  await t.test('short', async (t) => {
    const { open } = await import('node:fs/promises')
    const handle = await open('/dev/null')
    const prototype = Object.getPrototypeOf(handle) as typeof handle
    await handle.close()
    // eslint-disable-next-line @typescript-eslint/unbound-method -- put back
    const write = prototype.write as (...args: unknown[]) => Promise<unknown>
    const short = async function (
      this: unknown,
      body: Uint8Array,
      from: number,
      length: number,
      at: number,
    ): Promise<unknown> {
      return await write.call(this, body, from, Math.min(length, 5), at)
    }
    Object.assign(prototype, { write: short })
    t.teardown(() => Object.assign(prototype, { write }))
    const part = await sendPart(upload, 1, 0, NEW)
    await upload.complete([part])
  })
  t.equal(await content(root), NEW.toString())
})

await t.test('a lost answer', async (t) => {
  // NFS repeats a request; the second try finds what the first has done
  for (const [name, error, overwrite] of [
    ['link', 'EEXIST', false],
    ['rename', 'ENOENT', true],
  ] as const) {
    const root = t.testdir()
    await t.test(name, async (t) => {
      await patchFs(t, [name], async (_, call) => {
        const result = await call()
        const pending = (await filesBelow(root)).some((f) => f.endsWith('.tmp'))
        // only the descriptor's: not the rename of the data
        if (name === 'link' || !pending) throw systemError(error)
        return result
      })
      await t.resolves(put(new FileStore(root), KEY, NEW, { overwrite }))
    })
    t.equal(await content(root), NEW.toString())
    t.equal((await filesBelow(root)).length, 3, 'descriptor, data, directory')
  }
})

await t.test('no fsync for directories', async (t) => {
  const root = t.testdir()
  await t.test('the run', async (t) => {
    let syncs = 0
    await patchFs(t, ['handle.sync'], async (_, call) => {
      syncs++
      if (syncs > 2) throw systemError('EINVAL')
      return await call()
    })
    await put(new FileStore(root), KEY, NEW)
    t.equal(syncs, 2 + 2 + 1, 'data, descriptor; tank, root; tank again')
  })
  t.equal(await content(root), NEW.toString())
})

/** Let every fsync of a directory fail once the descriptor is in place. */
async function putWithoutDirectorySync(
  t: Test,
  root: string,
  overwrite: boolean,
): Promise<{ error: unknown; upload: MultipartUpload }> {
  const upload = await new FileStore(root).createUpload(KEY, { metadata: {}, overwrite })
  const part = await sendPart(upload, 1, 0, NEW)
  let error: unknown
  await t.test('complete', async (t) => {
    let placed = false
    await patchFs(t, ['link', 'rename', 'handle.sync'], async (name, call) => {
      if (name === 'handle.sync' && placed) throw systemError('EIO', 'input/output error')
      const result = await call()
      const last = !(await filesBelow(root)).some((f) => f.endsWith('.tmp'))
      placed ||= name === 'link' || (name === 'rename' && last)
      return result
    })
    error = await upload.complete([part]).catch((error: unknown) => error)
  })
  return { error, upload }
}

await t.test('the directory cannot be synced after the commit', async (t) => {
  await t.test('overwriting: the new object stands, and that is said', async (t) => {
    const root = t.testdir()
    await put(new FileStore(root), KEY, OLD)
    const { error } = await putWithoutDirectorySync(t, root, true)
    t.match(error, {
      name: 'Z3Error',
      code: 'completed-unchecked',
      exitStatus: 6,
      message: `the object '${KEY}' exists, but a crash may damage or lose it: cannot sync the directory '${join(root, 'tank')}': input/output error`,
    })
    t.equal(await content(root), NEW.toString())
    const data = (await filesBelow(root)).filter((f) => /[0-9a-f]{32}$/.test(f))
    t.equal(data.length, 2, 'a crash may bring the old descriptor back: its data are kept')
  })

  await t.test('new: it is taken back', async (t) => {
    const root = t.testdir()
    const { error, upload } = await putWithoutDirectorySync(t, root, false)
    t.match(error, { code: 'store-rejected', exitStatus: 1, message: /^cannot sync the dir/ })
    t.equal(await content(root), undefined)
    await upload.abort()
    t.same(await filesBelow(root), [])
  })

  await t.test('through upload(): nothing is aborted', async (t) => {
    const root = t.testdir()
    await put(new FileStore(root), KEY, OLD)
    const store = new FileStore(root)
    await patchFs(t, ['handle.sync'], async (_, call) => {
      // the new descriptor is not in place before there is no temporary one
      const files = await filesBelow(root)
      const placed = !files.some((f) => /\.(tmp|pending)$/.test(f))
      if (placed) throw systemError('EIO', 'input/output error')
      return await call()
    })
    const memory = 64 << 20
    const failed = upload(store, () => new StreamSource(Readable.from([NEW])), {
      key: KEY,
      metadata: {},
      overwrite: true,
      schedule: partSchedule({}, store.limits, memory),
      concurrency: 2,
      memory,
      commit: () => Promise.resolve(),
    })
    await t.rejects(failed, { code: 'completed-unchecked' })
    t.equal(await content(root), NEW.toString())
  })
})

await t.test('a reservation that an earlier version left behind', async (t) => {
  // it made them where there are no hard links, and died before the commit
  const id = '0123456789abcdef'.repeat(2)
  const text = `{ "version": 1, "reserved": "${id}" }`
  const root = t.testdir({ tank: { 'a@1.z3.json': text, [`a@1.${id}`]: 'half' } })
  const store = new FileStore(root)
  const refused = { name: 'Z3Error', code: 'store-rejected' as const, hint: /^Move it away/ }
  await t.rejects(store.head(KEY), refused)
  t.match(await collect(store.list('')), [{ key: KEY, problem: refused }], 'it is no object')
  await t.rejects(put(store, KEY, OLD), refused)
  await t.rejects(put(store, KEY, OLD, { overwrite: true }), refused)
  t.equal(await readFile(join(root, 'tank/a@1.z3.json'), 'utf8'), text)
  await rm(join(root, 'tank/a@1.z3.json'))
  await cleanup(root)
  t.same(await filesBelow(root), [])
})
