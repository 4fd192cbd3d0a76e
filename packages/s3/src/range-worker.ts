/**
 * The thread that downloads: plain HTTP in a heap of its own. In the heap of
 * the SDK every 64 KiB that arrive add to the garbage collector's work on it,
 * which doubles the price of a download (docs/performance.md). Requests come
 * signed; the bytes go straight into memory shared with the main thread.
 */
import http from 'node:http'
import https from 'node:https'
import { parentPort, workerData } from 'node:worker_threads'
import type {
  RangeCancel,
  RangeReply,
  RangeRequest,
  RangeWorkerData,
} from './range-message.js'

/** No error document of an S3 server is longer. */
const ERROR_BODY_LIMIT = 64 * 1024

const settings = workerData as RangeWorkerData
const agentOptions = { keepAlive: true, maxSockets: settings.connections }
const plain = new http.Agent(agentOptions)
const secure = new https.Agent(agentOptions)
const running = new Map<number, http.ClientRequest>()
const port = parentPort
if (!port) throw new Error('range-worker runs as a worker thread only')

port.on('message', (message: RangeRequest | RangeCancel) => {
  if ('cancel' in message) {
    running
      .get(message.cancel)
      ?.destroy(Object.assign(new Error('aborted'), { code: 'ABORT_ERR' }))
  } else {
    fetchRange(message)
  }
})

function fetchRange(message: RangeRequest): void {
  const { id, into } = message
  let received = 0
  let connecting: NodeJS.Timeout | undefined
  const settle = (reply: Omit<RangeReply, 'id' | 'received'>) => {
    clearTimeout(connecting)
    if (!running.delete(id)) return
    port?.postMessage({ id, received, ...reply } satisfies RangeReply)
  }
  const fail = (error: NodeJS.ErrnoException) => {
    const { code = 'ECONNRESET', message: text } = error
    settle({ error: { code, message: text } })
  }
  const tls = message.protocol === 'https:'
  const request = (tls ? https : http).request({
    host: message.hostname,
    port: message.port,
    path: message.path,
    headers: message.headers,
    method: 'GET',
    agent: tls ? secure : plain,
    timeout: settings.idleTimeout,
  })
  running.set(id, request)
  request.on('error', fail)
  request.on('timeout', () =>
    request.destroy(timedOut('no byte arrived', settings.idleTimeout)),
  )
  request.on('socket', (socket) => {
    if (!socket.connecting) return
    connecting = setTimeout(
      () =>
        request.destroy(timedOut('no connection', settings.connectionTimeout)),
      settings.connectionTimeout,
    )
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(connecting)
    })
  })
  request.on('response', (response) => {
    const status = response.statusCode ?? 0
    const headers = response.headers as Record<string, string>
    const success = status === 200 || status === 206
    const errorBody: Buffer[] = []
    response.on('data', (chunk: Buffer) => {
      const room = success ? into.byteLength : ERROR_BODY_LIMIT
      if (received + chunk.byteLength > room) {
        request.destroy(
          Object.assign(new Error('the server sent more than was asked for'), {
            code: 'ERR_RANGE_IGNORED',
          }),
        )
        return
      }
      if (success) into.set(chunk, received)
      else errorBody.push(chunk)
      received += chunk.byteLength
    })
    response.on('error', fail)
    response.on('end', () => {
      if (success) {
        settle({ status, headers })
      } else {
        received = 0
        settle({ status, headers, body: Buffer.concat(errorBody) })
      }
    })
    response.on('close', () => {
      fail(new Error('the connection broke'))
    })
  })
  request.end()
}

function timedOut(what: string, milliseconds: number): Error {
  const message = `${what} within ${String(milliseconds / 1000)} s`
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}
