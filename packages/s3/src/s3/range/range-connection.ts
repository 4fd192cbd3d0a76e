import { Duplex } from 'node:stream'
import { connect as connectPlain, isIP, type Socket, type TcpNetConnectOpts } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type SecureContext } from 'node:tls'
import { ByteGauge } from '../../byte-gauge.js'
import type { Throttle } from '../throttle.js'
import { timedOut, type RangeRequest, type RangeWorkerData } from './range-message.js'
import { parseRangeHead, type RangeHead } from './range-head.js'

/** Maximum size of a response head. */
const HEAD_LIMIT = 16 * 1024

/** How a request on such a connection ended. */
export type RangeOutcome =
  | { readonly kind: 'done'; readonly headers: RangeHead['headers'] }
  /**
   * A response that needs Node's HTTP client: a connection from which that client can read it as
   * the response to its own request.
   */
  | { readonly kind: 'other'; readonly answer: Duplex }
  | { readonly kind: 'failed'; readonly error: NodeJS.ErrnoException }

interface Job {
  readonly into: Uint8Array
  readonly gauge: ByteGauge | undefined
  readonly settle: (outcome: RangeOutcome) => void
  head: RangeHead | undefined
  received: number
}

/**
 * A keep-alive connection that reads bodies directly into the caller's memory: `onread` passes the
 * buffer to read(2). Node's HTTP client copies every 64 KiB twice and leaves both copies to the
 * garbage collector, which doubles the cost of a download (docs/performance.md).
 *
 * Supports plain responses only (range-head.ts). Node's HTTP client reads any other response, and
 * the connection is then not reused.
 */
export class RangeConnection {
  readonly origin: string
  readonly #socket: Socket
  readonly #head = Buffer.allocUnsafeSlow(HEAD_LIMIT)
  #headLength = 0
  #job: Job | undefined
  #closed = false
  readonly #throttle: Throttle | undefined
  readonly #idle: number
  #waiting: NodeJS.Timeout | undefined
  /** What Node's HTTP client reads from. */
  #answer: Duplex | undefined

  /**
   * @param secureContext for TLS; undefined: Node's own
   * @param throttle slows the reads; undefined: nothing does
   */
  constructor(
    request: RangeRequest,
    settings: RangeWorkerData,
    secureContext: SecureContext | undefined,
    throttle: Throttle | undefined,
  ) {
    this.#throttle = throttle
    this.#idle = settings.idleTimeout
    this.origin = originOf(request)
    const tls = request.protocol === 'https:'
    const options = {
      host: request.hostname,
      port: request.port ?? (tls ? 443 : 80),
      onread: {
        buffer: () => this.#nextBuffer(),
        callback: (bytes: number) => {
          this.#received(bytes)
          this.#slowDown(bytes)
          return true
        },
      },
    }
    this.#socket = tls
      ? connectTls({
          ...options,
          // SNI does not allow addresses (RFC 6066)
          ...(isIP(request.hostname) ? {} : { servername: request.hostname }),
          ALPNProtocols: ['http/1.1'],
          ...(secureContext ? { secureContext } : {}),
        } as ConnectionOptions)
      : connectPlain(options as TcpNetConnectOpts)
    const connecting = setTimeout(() => {
      this.#fail(timedOut('no connection', settings.connectionTimeout))
    }, settings.connectionTimeout)
    this.#socket.once(tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(connecting)
    })
    this.#socket.setNoDelay(true)
    this.#socket.setTimeout(settings.idleTimeout, () => {
      this.#fail(timedOut('no data', settings.idleTimeout))
    })
    this.#socket.on('error', (error) => {
      this.#fail(error)
    })
    this.#socket.on('end', () => this.#answer?.push(null))
    this.#socket.on('close', () => {
      clearTimeout(connecting)
      this.#fail(new Error('connection broken'))
    })
  }

  /** Whether it can take a request for this origin now. */
  isFree(origin: string): boolean {
    return !this.#closed && !this.#job && origin === this.origin
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Received bytes of the current or last body. */
  received = 0

  fetch(request: RangeRequest, settle: (outcome: RangeOutcome) => void): void {
    this.received = 0
    this.#headLength = 0
    const { into, gauge: state } = request
    const gauge = state && new ByteGauge(state)
    this.#job = { into, gauge, settle, head: undefined, received: 0 }
    this.#socket.write(requestHead(request), 'latin1')
  }

  /** Close it and stop its request. */
  destroy(error: Error): void {
    this.#fail(error)
  }

  /**
   * Node asks right after the callback, so the answer is always known: the rest of the body's
   * buffer, else the buffer for the next head.
   */
  #nextBuffer(): Uint8Array {
    const job = this.#job
    if (!job?.head) return this.#head.subarray(this.#headLength)
    const end = this.#throttle ? job.received + this.#throttle.slice : undefined
    return job.into.subarray(job.received, end)
  }

  /** Read no more until the time of these bytes has come. The next buffer is known already. */
  #slowDown(bytes: number): void {
    const wait = this.#throttle?.reserve(bytes) ?? 0
    if (wait === 0 || this.#closed) return
    // who waits for the throttle is not idle
    this.#socket.setTimeout(0)
    this.#socket.pause()
    this.#waiting = setTimeout(() => {
      this.#socket.setTimeout(this.#idle)
      this.#socket.resume()
    }, wait)
  }

  #received(bytes: number): void {
    const job = this.#job
    if (this.#answer) {
      this.#answer.push(Buffer.from(this.#head.subarray(0, bytes)))
      return
    }
    if (!job) {
      // data without a request
      this.#fail(new Error('unexpected data'))
      return
    }
    const before = job.received
    if (job.head) job.received += bytes
    else this.#takeHead(job, bytes)
    this.received = job.received
    job.gauge?.add(job.received - before)
    if (job.head && job.received === job.into.byteLength) {
      const { headers, keepAlive } = job.head
      this.#job = undefined
      this.#headLength = 0
      if (!keepAlive) this.#close()
      job.settle({ kind: 'done', headers })
    }
  }

  #takeHead(job: Job, bytes: number): void {
    this.#headLength += bytes
    const seen = this.#head.subarray(0, this.#headLength)
    const head = parseRangeHead(seen, job.into.byteLength)
    if (head === undefined && this.#headLength < HEAD_LIMIT) return
    const body = head ? seen.subarray(head.bodyAt) : undefined
    if (!head || !body || body.byteLength > job.into.byteLength) {
      this.#handOver(job)
      return
    }
    job.head = head
    job.into.set(body)
    job.received = body.byteLength
  }

  #handOver(job: Job): void {
    const answer = new Duplex({
      read: () => undefined,
      // the request, which was already sent
      write: (_chunk, _encoding, done) => {
        done()
      },
      destroy: (error, done) => {
        this.#socket.destroy()
        done(error)
      },
    })
    answer.push(Buffer.from(this.#head.subarray(0, this.#headLength)))
    this.#headLength = 0
    this.#job = undefined
    this.#closed = true
    this.#answer = answer
    job.settle({ kind: 'other', answer })
  }

  #fail(error: NodeJS.ErrnoException): void {
    const job = this.#job
    this.#job = undefined
    this.#close()
    this.#answer?.destroy(error)
    job?.settle({ kind: 'failed', error })
  }

  #close(): void {
    this.#closed = true
    clearTimeout(this.#waiting)
    this.#socket.destroy()
  }
}

export function originOf({ protocol, hostname, port }: RangeRequest): string {
  return `${protocol}//${hostname}:${String(port ?? '')}`
}

function requestHead({ path, headers }: RangeRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** Whether the request can be written unchanged. */
export function isPlainRequest({ path, headers }: RangeRequest): boolean {
  return (
    /^[\x21-\x7e]+$/.test(path) &&
    Object.entries(headers).every(
      ([name, value]) => /^[\w-]+$/.test(name) && /^[\x20-\x7e]*$/.test(value),
    )
  )
}
