import { createServer, type AddressInfo, type Server } from 'node:net'
import { MIB } from '@z3/core'
import { pattern, startFakeS3, until, type FakeS3Options } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { ByteGauge } from '../../src/byte-gauge.js'
import { download } from '../../src/engine/download.js'
import type { S3Options } from '../../src/s3/connection/s3-options.js'
import { S3Store } from '../../src/s3/s3-store.js'

const KEY = 'tank/data@a b+ü'
const DATA = pattern(5 * MIB + 123)

const open = (endpoint: string, more: Partial<S3Options> = {}): S3Store =>
  new S3Store({
    bucket: 'bucket',
    endpoint,
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'SECRETTEST' },
    attempts: 3,
    connections: 4,
    firstDelay: 1,
    ...more,
  })

const setup = async (t: Test, options: FakeS3Options = {}, more: Partial<S3Options> = {}) => {
  const fake = await startFakeS3(options)
  fake.put(KEY, DATA)
  const store = open(fake.endpoint, more)
  t.teardown(async () => {
    store.close()
    await fake.close()
  })
  return { fake, store }
}

const readAll = async (
  store: S3Store,
  more: Partial<Parameters<typeof download>[1]> = {},
): Promise<Buffer> => {
  const chunks: Buffer[] = []
  await download(store, {
    info: await store.head(KEY),
    chunkSize: MIB,
    concurrency: 4,
    memory: 3 * MIB,
    write: (bytes) => {
      chunks.push(Buffer.from(bytes))
      return Promise.resolve()
    },
    ...more,
  })
  return Buffer.concat(chunks)
}

const failure = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise
    return 'no failure'
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    return code ?? message
  }
}

void t.test('in order, whatever the ranges', async (t) => {
  const { store } = await setup(t)
  for (const [chunkSize, concurrency, memory] of [
    [MIB, 4, 3 * MIB],
    [100_000, 8, 300_000],
    [DATA.length, 1, DATA.length],
    [DATA.length - 1, 2, 2 * DATA.length],
    [DATA.length + 1, 2, 20 * MIB],
    [64 * MIB, 8, 70_000],
  ] as const) {
    const got = await readAll(store, { chunkSize, concurrency, memory })
    t.ok(got.equals(DATA), `${String(chunkSize)} × ${String(concurrency)}`)
  }
})

void t.test('a range that breaks off goes on where it broke', async (t) => {
  let cut = 0
  const { fake, store } = await setup(t, {
    faults: ({ op, headers }) =>
      op === 'GetObject' && headers['range']?.startsWith('bytes=1048576-') && cut++ < 1
        ? { reset: 'midBody' }
        : undefined,
  })
  const gauge = new ByteGauge()
  t.ok((await readAll(store, { gauge })).equals(DATA))
  t.equal(gauge.bytes, DATA.length, 'every byte is counted once')
  const ranges = fake.requests
    .filter(({ op }) => op === 'GetObject')
    .map(({ headers }) => headers['range'])
  t.ok(ranges.includes('bytes=1572864-2097151'), 'the second half alone was asked for again')
})

void t.test('faults that another attempt mends', async (t) => {
  for (const [what, fault] of [
    ['a reset', { reset: 'before' }],
    ['503', { status: 503, code: 'SlowDown' }],
    ['a proxy without words', { status: 502 }],
  ] as const) {
    let once = 0
    const { store } = await setup(t, {
      faults: ({ op }) => (op === 'GetObject' && once++ === 2 ? fault : undefined),
    })
    t.ok((await readAll(store)).equals(DATA), what)
  }
})

void t.test('a range that stalls is asked for again', async (t) => {
  let once = 0
  const { store } = await setup(
    t,
    {
      faults: ({ op }) => (op === 'GetObject' && once++ === 2 ? { stall: true } : undefined),
    },
    // a machine that is busy for so long costs an attempt, and no more
    { idleTimeout: 2000, attempts: 1000 },
  )
  t.ok((await readAll(store)).equals(DATA))
})

void t.test('an object that was replaced', async (t) => {
  const { fake, store } = await setup(t)
  const info = await store.head(KEY)
  fake.put(KEY, pattern(DATA.length, 2))
  t.equal(await failure(readAll(store, { info })), 'object-changed')
})

void t.test('damage that only the checksum shows', async (t) => {
  const { store } = await setup(t, {
    checksums: true,
    faults: ({ op, headers }) =>
      op === 'GetObject' && headers['range']?.startsWith('bytes=0-')
        ? { corrupt: true }
        : undefined,
  })
  t.equal(await failure(readAll(store)), 'checksum-mismatch')
})

void t.test('a writer that fails ends all', async (t) => {
  const { store } = await setup(t)
  const write = () => Promise.reject(new Error('disk full'))
  t.equal(await failure(readAll(store, { write })), 'disk full')
})

void t.test('an abort from outside', async (t) => {
  const { fake, store } = await setup(t, {
    faults: ({ op }) => (op === 'GetObject' ? { stall: true } : undefined),
  })
  const controller = new AbortController()
  const reading = failure(readAll(store, { signal: controller.signal }))
  await until('it reads', () => fake.requests.some(({ op }) => op === 'GetObject'))
  controller.abort(new Error('enough'))
  t.equal(await reading, 'enough')
})

/** A server of one answer, written as it stands, after a proper HEAD. */
const rawServer = async (
  t: Test,
  answer: (range: string) => string,
  head = 'Content-Length: 10\r\nETag: "e"\r\n',
) => {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      const request = data.toString('latin1')
      const range = /^range: *bytes=(\S+)/im.exec(request)?.[1] ?? ''
      socket.write(request.startsWith('HEAD') ? `HTTP/1.1 200 OK\r\n${head}\r\n` : answer(range))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const store = open(`http://127.0.0.1:${String(port)}`, { attempts: 1 })
  t.teardown(() => {
    store.close()
    server.close()
  })
  return store
}

void t.test('answers of odd forms', async (t) => {
  const head = 'HTTP/1.1 206 Partial Content\r\n'
  const range = 'Content-Range: bytes 0-9/10\r\n'
  for (const [what, answer, expected] of [
    ['plain', `${head}${range}Content-Length: 10\r\n\r\n0123456789`, 'ok'],
    [
      'chunked',
      `${head}${range}Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n`,
      'ok',
    ],
    [
      'the whole object for its whole range',
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789',
      'ok',
    ],
    [
      'another range',
      `${head}Content-Range: bytes 3-12/20\r\nContent-Length: 10\r\n\r\n0123456789`,
      'store-rejected',
    ],
    [
      'too little, by its own account',
      `${head}${range}Content-Length: 4\r\n\r\n0123`,
      'store-unavailable',
    ],
    ['too much', `${head}${range}Content-Length: 12\r\n\r\n0123456789ab`, 'store-rejected'],
    [
      'another object, in spite of If-Match',
      `${head}${range}ETag: "f"\r\nContent-Length: 10\r\n\r\n0123456789`,
      'object-changed',
    ],
    [
      'the same ETag, made weak by a proxy',
      `${head}${range}ETag: W/"e"\r\nContent-Length: 10\r\n\r\n0123456789`,
      'ok',
    ],
    [
      'a larger object than HEAD told',
      `${head}Content-Range: bytes 0-9/11\r\nContent-Length: 10\r\n\r\n0123456789`,
      'size-mismatch',
    ],
    [
      'a smaller object than HEAD told',
      `${head}Content-Range: bytes 0-8/9\r\nContent-Length: 9\r\n\r\n012345678`,
      'size-mismatch',
    ],
    [
      'a size that is not told',
      `${head}Content-Range: bytes 0-9/*\r\nContent-Length: 10\r\n\r\n0123456789`,
      'ok',
    ],
    ['no range', `${head}Content-Length: 10\r\n\r\n0123456789`, 'store-rejected'],
    ['no HTTP', 'hello\r\n\r\n', 'store-unavailable'],
  ] as const) {
    const store = await rawServer(t, () => answer)
    const result = await readAll(store, { memory: MIB }).then(
      (bytes) => (bytes.toString() === '0123456789' ? 'ok' : 'wrong bytes'),
      (error: unknown) => (error as { code?: string }).code,
    )
    t.equal(result, expected, what)
  }
})

void t.test('a server that ignores ranges', async (t) => {
  const store = await rawServer(t, () => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789')
  t.equal(await failure(readAll(store, { chunkSize: 5, memory: 10 })), 'store-rejected')
})

void t.test('a size that HEAD does not tell', async (t) => {
  const etag = 'ETag: "e"\r\n'
  const part = (range: string) => {
    const [from = 0, to = 9] = range.split('-').map(Number)
    const body = '0123456789'.slice(from, to + 1)
    return `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${range}/10\r\n${etag}Content-Length: ${String(body.length)}\r\n\r\n${body}`
  }
  const empty = `HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */0\r\nContent-Length: 0\r\n\r\n`
  for (const [what, answer, head, expected] of [
    ['none', part, etag, '0123456789'],
    ['0', part, `${etag}Content-Length: 0\r\n`, '0123456789'],
    ['0, truly', () => empty, `${etag}Content-Length: 0\r\n`, ''],
    [
      'none anywhere',
      () =>
        'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-0/*\r\nContent-Length: 1\r\n\r\n0',
      etag,
      'store-rejected',
    ],
  ] as const) {
    const store = await rawServer(t, answer, head)
    const result = await readAll(store, { memory: MIB }).then(String, (error: unknown) =>
      String((error as { code?: string }).code),
    )
    t.equal(result, expected, what)
  }
})

void t.test('an object without an ETag cannot be pinned', async (t) => {
  const store = await rawServer(t, () => '', 'Content-Length: 10\r\n')
  t.equal(await failure(readAll(store)), 'store-rejected')
})

void t.test('more ranges at once where they take long', async (t) => {
  const { fake, store } = await setup(t)
  fake.faults = ({ op }) => (op === 'GetObject' ? { delayMs: 1000 } : undefined)
  const got = await readAll(store, { chunkSize: MIB, memory: 100 * MIB })
  t.ok(got.equals(DATA))
  const most = Math.max(...fake.requests.map(({ inFlight }) => inFlight))
  t.equal(most, 4 + 1, 'the one that is written next, and four more')
})
