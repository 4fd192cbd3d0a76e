import http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import type { SecureContext } from 'node:tls'
import { ByteGauge } from '../../byte-gauge.js'
import type { createAgents } from '../connection/agents.js'
import { limitConnecting } from '../connection/limit-connecting.js'
import type { Throttle } from '../throttle.js'
import {
  timedOut,
  type RangeReply,
  type RangeRequest,
  type RangeWorkerData,
} from './range-message.js'

/** Maximum size of an error document. */
const ERROR_BODY_LIMIT = 64 * 1024

/** How to connect. */
export interface Way {
  readonly agents: ReturnType<typeof createAgents> | undefined
  readonly secureContext: SecureContext | undefined
  readonly throttle: Throttle | undefined
}

type Settle = (reply: Omit<RangeReply, 'id'>) => void

/**
 * Read a range with Node's HTTP client, which supports all of HTTP: for responses that
 * range-connection.ts does not support, mostly errors.
 *
 * @param agents undefined: a new connection for each request
 * @param settle called once
 * @param begun source of the response, if the request was already sent
 * @returns a function that ends the request
 */
export function fetchByHttp(
  { protocol, hostname, port, path, headers, into, gauge: state }: RangeRequest,
  settings: RangeWorkerData,
  { agents, secureContext, throttle }: Way,
  settle: Settle,
  begun?: Duplex,
): (error: Error) => void {
  const gauge = state && new ByteGauge(state)
  let received = 0
  let settled = false
  const finish: Settle = (reply) => {
    connected()
    if (settled) return
    settled = true
    settle(reply)
  }
  const fail = ({ code = 'ECONNRESET', message }: NodeJS.ErrnoException) => {
    finish({ received, error: { code, message } })
  }
  const tls = !begun && protocol === 'https:'
  const agent = begun ? undefined : tls ? agents?.httpsAgent : agents?.httpAgent
  const request = (tls ? https : http).request({
    host: hostname,
    port,
    path,
    headers: headers as http.OutgoingHttpHeaders,
    method: 'GET',
    // without a proxy such responses are rare
    ...(begun ? { createConnection: () => begun } : { agent: agent ?? false }),
    ...(secureContext ? { secureContext } : {}),
    timeout: settings.idleTimeout,
  })
  const connected = limitConnecting(request, agent, settings.connectionTimeout, () => {
    request.destroy(timedOut('no connection', settings.connectionTimeout))
  })
  request.on('error', fail)
  request.on('timeout', () => request.destroy(timedOut('no data', settings.idleTimeout)))
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
        const error = Object.assign(new Error('the server sent more than requested'), {
          code: 'ERR_RANGE_IGNORED',
        })
        // at once: an ended response would look empty
        fail(error)
        request.destroy(error)
        return
      }
      if (success) {
        into.set(chunk, received)
        gauge?.add(chunk.byteLength)
      } else {
        errorBody.push(chunk)
      }
      received += chunk.byteLength
      // the connection of a request that was already sent is throttled itself
      const wait = (begun ? undefined : throttle)?.reserve(chunk.byteLength) ?? 0
      if (wait === 0) return
      // who waits for the throttle is not idle
      response.socket.setTimeout(0)
      response.pause()
      setTimeout(() => {
        response.socket.setTimeout(settings.idleTimeout)
        response.resume()
      }, wait)
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
      fail(new Error('connection broken'))
    })
  })
  request.end()
  return (error) => {
    request.destroy(error)
  }
}
