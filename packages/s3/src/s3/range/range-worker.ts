/**
 * The thread that downloads, with its own heap. In the SDK's heap, every 64 KiB received add to the
 * work of the garbage collector, which doubles the cost of a download (docs/performance.md).
 * Requests are already signed; the data goes directly into memory shared with the main thread.
 */
import type { Duplex } from 'node:stream'
import { parentPort, workerData } from 'node:worker_threads'
import { isPlainRequest, originOf, RangeConnection } from './range-connection.js'
import { secureContextFor, type Network } from '../connection/network.js'
import { Throttle } from '../throttle.js'
import { fetchByHttp, type Way } from './range-http.js'
import type { RangeCancel, RangeReply, RangeRequest, RangeWorkerData } from './range-message.js'

const settings = workerData as RangeWorkerData
const port = parentPort
if (!port) throw new Error('range-worker runs as a worker thread only')

// Node reads a proxy's tunnel by itself (`onread` is ignored), so everything behind a proxy uses
// Node's HTTP client
const { network } = settings
const throttle = settings.throttle && new Throttle(settings.throttle)
const way: Way = {
  throttle,
  agents: network.proxy === undefined ? undefined : await agentsFor(network),
  secureContext: secureContextFor(network),
}

/** Loaded on demand: loading takes longer than all the rest. */
async function agentsFor(to: Network): Promise<Way['agents']> {
  const { createAgents } = await import('../connection/agents.js')
  return createAgents(to, settings.connections)
}

let connections: RangeConnection[] = []
/** Functions that end the current requests, by id. */
const running = new Map<number, (error: Error) => void>()

port.on('message', (message: RangeRequest | RangeCancel) => {
  if ('cancel' in message) {
    const aborted = Object.assign(new Error('aborted'), { code: 'ABORT_ERR' })
    running.get(message.cancel)?.(aborted)
  } else if (!way.agents && isPlainRequest(message)) {
    fetchFast(message)
  } else {
    fetchSlow(message)
  }
})

function reply(id: number, answer: Omit<RangeReply, 'id'>): void {
  running.delete(id)
  port?.postMessage({ id, ...answer } satisfies RangeReply)
}

function fetchFast(request: RangeRequest): void {
  const { id } = request
  connections = connections.filter(({ closed }) => !closed)
  const origin = originOf(request)
  let connection = connections.find((kept) => kept.isFree(origin))
  if (!connection) {
    connection = new RangeConnection(request, settings, way.secureContext, throttle)
    connections.push(connection)
  }
  const used = connection
  running.set(id, (error) => {
    used.destroy(error)
  })
  used.fetch(request, (outcome) => {
    const { received } = used
    switch (outcome.kind) {
      case 'done':
        reply(id, { received, status: 206, headers: outcome.headers })
        return
      case 'other':
        fetchSlow(request, outcome.answer)
        return
      case 'failed': {
        const { code = 'ECONNRESET', message } = outcome.error
        reply(id, { received, error: { code, message } })
      }
    }
  })
}

/** @param begun source of the response, if the request was already sent */
function fetchSlow(request: RangeRequest, begun?: Duplex): void {
  const { id } = request
  const settle = (answer: Omit<RangeReply, 'id'>) => {
    reply(id, answer)
  }
  const stop = fetchByHttp(request, settings, way, settle, begun)
  running.set(id, stop)
}
