import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a fault proxy can do to one request. */
export const NETWORK_FAULTS = [
  'connection reset',
  'reset in the answer',
  'stall',
  'throttle',
  '500',
  '503 SlowDown',
  '429',
  '408',
  '403',
  '307',
  'expired token',
  'clock skew',
  'lost reply to Complete',
  'error in the 200 to Complete',
  'changed byte of an answer',
  'changed byte of a part',
  'cut answer',
] as const

export type NetworkFault = (typeof NETWORK_FAULTS)[number]

const STATUS: Partial<Record<NetworkFault, readonly [status: number, code: string]>> = {
  '500': [500, 'InternalError'],
  '503 SlowDown': [503, 'SlowDown'],
  '429': [429, 'TooManyRequests'],
  '408': [408, 'RequestTimeout'],
  '403': [403, 'AccessDenied'],
  '307': [307, 'TemporaryRedirect'],
  'expired token': [400, 'ExpiredToken'],
  'clock skew': [403, 'RequestTimeTooSkewed'],
}

/** What a test does while a request is under way; the proxy waits for it. */
export interface Hook {
  /** Before the server sees the request. */
  readonly before?: () => Promise<void>
  /** Once half of the server's answer has been passed on. */
  readonly half?: () => Promise<void>
  /** Once the server has answered, before anything of that is passed on. */
  readonly after?: () => Promise<void>
}

/** How long a throttled answer is slow, milliseconds, and its speed, bytes per second. */
const THROTTLED_FOR = 1500
const THROTTLED_TO = 50_000

export interface FaultProxy {
  /** `http://127.0.0.1:PORT`: a server that is the real one, with faults. */
  readonly endpoint: string
  /** Asked for each request; undefined: pass it on as it is. */
  choose: ((what: ProxiedRequest) => NetworkFault | Hook | undefined) | undefined
  /** How often each was done, not only chosen. */
  readonly done: Map<NetworkFault, number>
  close(): Promise<void>
}

export interface ProxiedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

const isComplete = ({ method, url }: ProxiedRequest) =>
  method === 'POST' && /[?&]uploadId=/.test(url)
const isPart = ({ method, url }: ProxiedRequest) => method === 'PUT' && /[?&]partNumber=/.test(url)

/** May this happen to that request? */
const fits = (fault: NetworkFault, what: ProxiedRequest): boolean => {
  if (fault.endsWith('Complete')) return isComplete(what)
  if (fault === 'changed byte of a part') return isPart(what)
  // what has no checksum of its own, a listing, cannot be known to be changed
  if (fault === 'changed byte of an answer') {
    return what.method === 'GET' && !/[?&](list-type|uploads|uploadId)\b/.test(what.url)
  }
  return true
}

/** A proxy before a real S3 server, path style, that does what it is told to requests. */
export const startFaultProxy = async (server: string): Promise<FaultProxy> => {
  const { hostname, port } = new URL(server)
  const done = new Map<NetworkFault, number>()
  const proxy = createServer((message, response) => {
    const what = { method: message.method ?? '', url: message.url ?? '', headers: message.headers }
    const chosen = self.choose?.(what)
    const hook = typeof chosen === 'object' ? chosen : {}
    const wanted = typeof chosen === 'string' ? chosen : undefined
    const fault = wanted && fits(wanted, what) ? wanted : undefined
    if (fault) done.set(fault, (done.get(fault) ?? 0) + 1)
    message.on('error', () => undefined)
    response.on('error', () => undefined)
    const go = () => {
      serve(message, response, fault, hook, { hostname, port })
    }
    if (hook.before) void hook.before().then(go)
    else go()
  })
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening))
  const address = proxy.address() as AddressInfo
  const self: FaultProxy = {
    endpoint: `http://127.0.0.1:${String(address.port)}`,
    choose: undefined,
    done,
    close: async () => {
      const closed = new Promise((resolve) => proxy.close(resolve))
      proxy.closeAllConnections()
      await closed
    },
  }
  return self
}

const serve = (
  message: IncomingMessage,
  response: ServerResponse,
  fault: NetworkFault | undefined,
  hook: Hook,
  server: { readonly hostname: string; readonly port: string },
): void => {
  const reset = () => message.socket.resetAndDestroy()
  if (fault === 'connection reset') {
    reset()
    return
  }
  if (fault === 'stall') return
  const status = fault && STATUS[fault]
  if (status) {
    // the request is read, as servers do
    message.resume().on('end', () => {
      response.writeHead(status[0], {
        'content-type': 'application/xml',
        // another server, which cannot be reached
        ...(fault === '307' ? { location: `http://127.0.0.1:9${message.url ?? ''}` } : {}),
      })
      response.end(message.method === 'HEAD' ? undefined : errorBody(status[1]))
    })
    return
  }
  if (fault === 'error in the 200 to Complete') {
    message.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/xml' }).end(errorBody('InternalError'))
    })
    return
  }
  const onward = httpRequest(
    {
      ...server,
      method: message.method,
      path: message.url,
      // signed for the name that the client has asked
      headers: message.headers,
      setHost: false,
    },
    (answer) => {
      if (fault === 'lost reply to Complete') {
        answer.resume().on('end', reset)
        return
      }
      void (async () => {
        await hook.after?.()
        response.writeHead(answer.statusCode ?? 502, withoutHop(answer.headers))
        await pass(answer, response, fault, hook, reset)
      })()
    },
  )
  onward.on('error', reset)
  message.on('close', () => {
    if (!message.complete) onward.destroy()
  })
  if (fault === 'changed byte of a part') {
    let first = true
    message.on('data', (chunk: Buffer) => {
      if (first && chunk.byteLength > 0) chunk.writeUInt8(chunk.readUInt8(0) ^ 1, 0)
      first = false
      if (!onward.write(chunk)) {
        message.pause()
        onward.once('drain', () => message.resume())
      }
    })
    message.on('end', () => onward.end())
  } else message.pipe(onward)
}

const withoutHop = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const others = { ...headers }
  delete others.connection
  delete others['keep-alive']
  return others
}

const pass = async (
  answer: IncomingMessage,
  response: ServerResponse,
  fault: NetworkFault | undefined,
  hook: Hook,
  reset: () => void,
): Promise<void> => {
  const length = Number(answer.headers['content-length'] ?? 0)
  const half = Math.floor(length / 2)
  const began = performance.now()
  let passed = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const within = half >= passed && half < passed + chunk.byteLength
      if (fault === 'changed byte of an answer' && within) {
        chunk.writeUInt8(chunk.readUInt8(half - passed) ^ 4, half - passed)
      }
      if (within && (fault === 'cut answer' || fault === 'reset in the answer')) {
        response.write(chunk.subarray(0, half - passed))
        if (fault === 'cut answer') connectionOf(response).end()
        else reset()
        return
      }
      if (fault === 'throttle' && performance.now() - began < THROTTLED_FOR) {
        await sleep((chunk.byteLength / THROTTLED_TO) * 1000)
      }
      passed += chunk.byteLength
      if (within) await hook.half?.()
      if (!response.write(chunk)) {
        await new Promise<void>((ready) => {
          const done = () => {
            response.off('drain', done).off('close', done)
            ready()
          }
          response.on('drain', done).on('close', done)
        })
      }
      if (response.destroyed) return
    }
    response.end()
  } catch {
    // the server's answer broke off: so does ours
    reset()
  }
}

/** The connection of an answer, to end it before the answer is whole. */
const connectionOf = (response: ServerResponse) => {
  if (response.socket === null) throw new Error('the answer has no connection')
  return response.socket
}

const errorBody = (code: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>injected</Message></Error>`
