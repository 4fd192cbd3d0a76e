/**
 * The thread that downloads, in a heap of its own. In the heap of the SDK every
 * 64 KiB that arrive add to the garbage collector's work on it, which doubles
 * the price of a download (docs/performance.md). Requests come signed; the
 * bytes go straight into memory shared with the main thread.
 */
import type { Duplex } from 'node:stream'
import { parentPort, workerData } from 'node:worker_threads'
import { isPlainRequest, originOf, RangeConnection } from './range-connection.js'
import { secureContextFor, type Network } from '../connection/network.js'
import { fetchByHttp, type Way } from './range-http.js'
import type { RangeCancel, RangeReply, RangeRequest, RangeWorkerData } from './range-message.js'

const settings = workerData as RangeWorkerData
const port = parentPort
if (!port) throw new Error('range-worker runs as a worker thread only')

// what a proxy's tunnel gives is a socket that Node reads from by itself, so
// behind a proxy all goes through Node's HTTP client
const { network } = settings
const way: Way = {
  agents: network.proxy === undefined ? undefined : await agentsFor(network),
  secureContext: secureContextFor(network),
}

/** Loaded where they are needed: they take longer to load than all the rest. */
async function agentsFor(to: Network): Promise<Way['agents']> {
  const { createAgents } = await import('../connection/agents.js')
  return createAgents(to, settings.connections)
}

let connections: RangeConnection[] = []
/** How to end what is under way, by the request's id. */
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
    connection = new RangeConnection(request, settings, way.secureContext)
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

/** @param begun where the answer to it comes from, if it was sent already */
function fetchSlow(request: RangeRequest, begun?: Duplex): void {
  const { id } = request
  const settle = (answer: Omit<RangeReply, 'id'>) => {
    reply(id, answer)
  }
  const stop = fetchByHttp(request, settings, way, settle, begun)
  running.set(id, stop)
}
