import http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import type { SecureContext } from 'node:tls'
import type { createAgents } from '../connection/agents.js'
import {
  timedOut,
  type RangeReply,
  type RangeRequest,
  type RangeWorkerData,
} from './range-message.js'

/** No error document of an S3 server is longer. */
const ERROR_BODY_LIMIT = 64 * 1024

/** How connections are made. */
export interface Way {
  readonly agents: ReturnType<typeof createAgents> | undefined
  readonly secureContext: SecureContext | undefined
}

type Settle = (reply: Omit<RangeReply, 'id'>) => void

/**
 * Read a range by Node's HTTP client, which knows all of HTTP: for answers
 * that range-connection.ts does not take, errors above all.
 *
 * @param agents none: a connection of its own for each request
 * @param settle called once
 * @param begun where the answer comes from, if the request was sent already
 * @returns a function that ends the request
 */
export function fetchByHttp(
  { protocol, hostname, port, path, headers, into }: RangeRequest,
  settings: RangeWorkerData,
  { agents, secureContext }: Way,
  settle: Settle,
  begun?: Duplex,
): (error: Error) => void {
  let received = 0
  let connecting: NodeJS.Timeout | undefined
  let settled = false
  const finish: Settle = (reply) => {
    clearTimeout(connecting)
    if (settled) return
    settled = true
    settle(reply)
  }
  const fail = ({ code = 'ECONNRESET', message }: NodeJS.ErrnoException) => {
    finish({ received, error: { code, message } })
  }
  const tls = !begun && protocol === 'https:'
  const request = (tls ? https : http).request({
    host: hostname,
    port,
    path,
    headers: headers as http.OutgoingHttpHeaders,
    method: 'GET',
    // without a proxy such answers are rare
    ...(begun
      ? { createConnection: () => begun }
      : { agent: (tls ? agents?.httpsAgent : agents?.httpAgent) ?? false }),
    ...(secureContext ? { secureContext } : {}),
    timeout: settings.idleTimeout,
  })
  request.on('error', fail)
  request.on('timeout', () => request.destroy(timedOut('no byte arrived', settings.idleTimeout)))
  request.on('socket', (socket) => {
    connecting = setTimeout(
      () => request.destroy(timedOut('no connection', settings.connectionTimeout)),
      settings.connectionTimeout,
    )
    const connected = () => {
      clearTimeout(connecting)
    }
    // one that is kept, or comes from a proxy's agent, may stand already
    const stands = request.reusedSocket || (!tls && !socket.connecting)
    if (stands) connected()
    else socket.once(tls ? 'secureConnect' : 'connect', connected)
  })
  request.on('response', (response) => {
    const status = response.statusCode ?? 0
    const answer = {
      status,
      headers: response.headers as Record<string, string>,
    }
    const success = status === 200 || status === 206
    const errorBody: Buffer[] = []
    response.on('data', (chunk: Buffer) => {
      const room = success ? into.byteLength : ERROR_BODY_LIMIT
      if (received + chunk.byteLength > room) {
        const error = Object.assign(new Error('the server sent more than was asked for'), {
          code: 'ERR_RANGE_IGNORED',
        })
        // at once: an answer that has ended would pass for an empty one
        fail(error)
        request.destroy(error)
        return
      }
      if (success) into.set(chunk, received)
      else errorBody.push(chunk)
      received += chunk.byteLength
    })
    response.on('error', fail)
    response.on('end', () => {
      finish(
        success
          ? { ...answer, received }
          : { ...answer, received: 0, body: Buffer.concat(errorBody) },
      )
    })
    response.on('close', () => {
      fail(new Error('the connection broke'))
    })
  })
  request.end()
  return (error) => {
    request.destroy(error)
  }
}
