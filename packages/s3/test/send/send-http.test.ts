import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { plainAgents } from '../../src/s3/connection/plain-agents.js'
import { errorName, isRetryable, isSilence } from '../../src/s3/connection/s3-error.js'
import { sendHttp } from '../../src/s3/send/send-http.js'

const BODY = Buffer.alloc(20 * 2 ** 20, 'x')

/** A server, and a function that sends a body to it over kept connections. */
const setup = async (
  t: Test,
  server: Server | ReturnType<typeof createTcpServer>,
  method: 'PUT' | 'HEAD' = 'PUT',
) => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const agents = plainAgents({ proxy: undefined, ca: undefined }, 2)
  t.teardown(() => {
    agents.httpAgent.destroy()
    server.close()
  })
  return (body: Uint8Array, signal?: AbortSignal, idle = 60_000) =>
    sendHttp(
      {
        method,
        protocol: 'http:',
        hostname: '127.0.0.1',
        port,
        path: '/k',
        headers: method === 'PUT' ? { 'content-length': String(body.byteLength) } : {},
      },
      body,
      agents,
      { connect: 60_000, idle },
      signal,
    )
}

const http = (listener: RequestListener) => createServer(listener)

/** Responds at once, and reads nothing. */
const hasty = (t: Test, response: string) => {
  const sockets: Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  return createTcpServer((socket) => {
    sockets.push(socket.on('error', () => undefined))
    socket.write(response)
  })
}

const failure = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    return await promise
  } catch (error) {
    return error
  }
}

void t.test('one connection serves many requests', async (t) => {
  const ports = new Set<number | undefined>()
  const send = await setup(
    t,
    http((request, response) => {
      ports.add(request.socket.remotePort)
      request.resume().on('end', () => {
        response.setHeader('etag', '"e"').end('ok')
      })
    }),
  )
  for (let n = 0; n < 3; n++) {
    const { status, headers, body } = await send(BODY)
    t.match(
      { status, etag: headers['etag'], body: String(body) },
      { status: 200, etag: '"e"', body: 'ok' },
    )
  }
  t.equal(ports.size, 1)
})

void t.test('a refusal counts before the body is read', async (t) => {
  const send = await setup(t, hasty(t, 'HTTP/1.1 403 No\r\ncontent-length: 5\r\n\r\nError'))
  const { status, body } = await send(BODY)
  t.equal(status, 403)
  t.equal(String(body), 'Error')
})

void t.test('a success does not count before the body is read', async (t) => {
  const send = await setup(t, hasty(t, 'HTTP/1.1 200 OK\r\netag: "e"\r\ncontent-length: 0\r\n\r\n'))
  const error = await failure(send(BODY, undefined, 300))
  t.type(error, Error)
  t.ok(isRetryable(error), errorName(error))
})

void t.test(
  'the response to a HEAD ends with its head, whatever a server sends after it',
  async (t) => {
    // of Swift 2.30, for an object that does not exist
    const swift = 'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined).on('data', () => socket.write(swift))
      t.teardown(() => socket.destroy())
    })
    const send = await setup(t, server, 'HEAD')
    for (let n = 0; n < 3; n++) t.equal((await send(new Uint8Array(0))).status, 404)
  },
)

void t.test('a server that is silent, and one that breaks off', async (t) => {
  const silent = await setup(t, hasty(t, ''))
  const error = await failure(silent(Buffer.from('x'), undefined, 50))
  t.match(error, { name: 'TimeoutError', message: 'no data within 50 ms' })
  t.ok(isSilence(error))
  t.ok(isRetryable(error))
  const broken = await setup(
    t,
    http((request) => {
      request.socket.destroy()
    }),
  )
  t.ok(isRetryable(await failure(broken(BODY))))
  const cut = await setup(
    t,
    http((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-length': 10, etag: '"e"' }).write('12345')
        setImmediate(() => request.socket.destroy())
      })
    }),
  )
  t.ok(isRetryable(await failure(cut(Buffer.from('x')))))
})

void t.test('an abort ends a request at once, with its reason', async (t) => {
  const send = await setup(t, hasty(t, ''))
  const reason = new Error('enough')
  const abort = new AbortController()
  const sent = failure(send(BODY, abort.signal))
  setImmediate(() => {
    abort.abort(reason)
  })
  t.equal(await sent, reason)
  t.equal(await failure(send(BODY, abort.signal)), reason)
})

void t.test('a request that waited for a TLS connection finds it established', async (t) => {
  const key = `${t.testdir()}/key`
  const cert = `${t.testdirName}/cert`
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  )
  const warnings: Error[] = []
  const warn = (warning: Error) => warnings.push(warning)
  process.on('warning', warn)
  t.teardown(() => process.off('warning', warn))
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const slow = 300
    let connections = 0
    const server = createTlsServer(
      { key: readFileSync(key), cert: readFileSync(cert), maxVersion },
      (request, response) => {
        const wait = request.url === '/slow' ? slow : 0
        request.resume().on('end', () => setTimeout(() => response.end('ok'), wait))
      },
    ).on('secureConnection', () => connections++)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const agents = plainAgents({ proxy: undefined, ca: readFileSync(cert, 'utf8') }, 1)
    t.teardown(() => {
      agents.httpsAgent.destroy()
      server.close()
    })
    const get = (path: string, connect: number) =>
      sendHttp(
        { method: 'GET', protocol: 'https:', hostname: '127.0.0.1', port, path, headers: {} },
        new Uint8Array(0),
        agents,
        { connect, idle: 60_000 },
      )
    await get('/', 60_000)
    // more than the ten listeners of an event that Node takes for a leak
    const replies = await Promise.all([
      ...Array.from({ length: 12 }, () => get('/', 60_000)),
      // longer than a connection may take, which does not count any more
      ...Array.from({ length: 2 }, () => get('/slow', slow / 2)),
    ])
    t.match(
      replies.map(({ status }) => status),
      Array.from({ length: 14 }, () => 200),
    )
    t.equal(connections, 1)
  }
  t.strictSame(warnings, [])
})
