import http from 'node:http'
import https from 'node:https'
import { limitConnecting } from '../connection/limit-connecting.js'
import type { Agents } from '../connection/plain-agents.js'
import type { Throttle } from '../throttle.js'
import type { HttpReply, OutgoingRequest } from './sender.js'

/** Maximum size of the body of a response; the rest is discarded. */
const REPLY_LIMIT = 1024 * 1024

/**
 * Bytes passed to a TLS connection at once. It encrypts a body as fast as it is written, and keeps
 * the copy until it is sent.
 */
const SLICE = 256 * 1024

/** Time limits of a request, milliseconds. */
export interface Patience {
  /** Of a connection, including TLS. */
  readonly connect: number
  /** Of a request that transfers no data. */
  readonly idle: number
}

/**
 * Send one request over a keep-alive connection, once.
 *
 * @throws the error of the socket, or a `TimeoutError` with a message like the SDK's; the reason of
 *   the signal. The body is not read any more then.
 */
export function sendHttp(
  { method, protocol, hostname, port, path, headers }: OutgoingRequest,
  body: Uint8Array,
  { httpAgent, httpsAgent }: Agents,
  patience: Patience,
  signal?: AbortSignal,
  throttle?: Throttle,
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const tls = protocol === 'https:'
    const agent = tls ? httpsAgent : httpAgent
    const request = (tls ? https : http).request({
      method,
      host: hostname,
      port,
      path,
      headers,
      agent,
      timeout: patience.idle,
    })
    let unread: NodeJS.Timeout | undefined
    let ended = false
    const end = () => {
      ended = true
      connected()
      clearTimeout(unread)
      signal?.removeEventListener('abort', abort)
    }
    const fail = (error: Error) => {
      end()
      reject(error)
      // nothing reads the body any more
      request.destroy()
    }
    const connected = limitConnecting(request, agent, patience.connect, () => {
      fail(timedOut('did not establish a connection', patience.connect))
    })
    const abort = () => {
      fail(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort)
    request.on('error', fail)
    request.on('timeout', () => {
      fail(timedOut('no data', patience.idle))
    })
    request.on('close', () => {
      // not for a request that has succeeded: the stack of an error takes time
      if (!ended) fail(Object.assign(new Error('connection broken'), { code: 'ECONNRESET' }))
    })
    request.on('response', (response) => {
      if (method === 'HEAD') {
        // complete; what Swift sends after it is no HTTP, and ends the connection
        end()
        resolve(replyTo(response, new Uint8Array(0)))
        response.resume()
        return
      }
      const chunks: Buffer[] = []
      let received = 0
      response.on('data', (chunk: Buffer) => {
        if (received < REPLY_LIMIT) chunks.push(chunk)
        received += chunk.byteLength
      })
      response.on('error', fail)
      response.on('end', () => {
        const reply = replyTo(response, Buffer.concat(chunks).subarray(0, REPLY_LIMIT))
        const done = () => {
          end()
          resolve(reply)
        }
        if (request.writableFinished) {
          done()
        } else if (reply.status < 300) {
          // success may arrive before the last write is confirmed; but a body that the server does
          // not read any further is not stored. Node's own time limit has ended with the response
          unread = setTimeout(() => {
            fail(timedOut('no data', patience.idle))
          }, patience.idle)
          request.once('finish', done)
        } else {
          done()
          request.destroy()
        }
      })
    })
    if (throttle && body.byteLength > 0) writeThrottled(request, body, throttle, patience.idle)
    else write(request, body, tls ? SLICE : body.byteLength)
  })
}

/** Write a body in slices, each after the previous one was sent. */
function write(request: http.ClientRequest, body: Uint8Array, slice: number): void {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  let at = 0
  const more = () => {
    while (at + slice < buffer.byteLength) {
      const chunk = buffer.subarray(at, at + slice)
      at += slice
      if (!request.write(chunk)) {
        request.once('drain', more)
        return
      }
    }
    // with an empty `end` instead, the response arrives before Node sees the end of the request,
    // and the connection is not reused
    request.end(buffer.subarray(at))
  }
  more()
}

/** Write a body in slices, each when its time has come. */
function writeThrottled(
  request: http.ClientRequest,
  body: Uint8Array,
  throttle: Throttle,
  idle: number,
): void {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  let at = 0
  let timer: NodeJS.Timeout | undefined
  request.once('close', () => {
    clearTimeout(timer)
  })
  const send = (size: number) => {
    if (request.destroyed) return
    request.setTimeout(idle)
    const chunk = buffer.subarray(at, at + size)
    at += size
    if (at >= buffer.byteLength) request.end(chunk)
    else if (request.write(chunk)) next()
    else request.once('drain', next)
  }
  const next = () => {
    if (request.destroyed) return
    const size = Math.min(throttle.slice, buffer.byteLength - at)
    const wait = throttle.reserve(size)
    // who waits for the throttle is not idle
    if (wait > 0) request.setTimeout(0)
    timer = setTimeout(send, wait, size)
  }
  // before that, the time limit of the connection counts
  request.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', next)
    else next()
  })
}

function replyTo(response: http.IncomingMessage, body: Uint8Array): HttpReply {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  }
  return { status: response.statusCode ?? 0, headers, body }
}

/** In the words of the SDK's own handler, which connection-error.ts translates. */
function timedOut(what: string, milliseconds: number): Error {
  const message = `${what} within ${String(milliseconds)} ms`
  return Object.assign(new Error(message), { name: 'TimeoutError' })
}
