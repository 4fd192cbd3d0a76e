import http from 'node:http'
import https from 'node:https'
import { secureContextFor, type Network } from './network.js'

/** Keep-alive agents for Node's HTTP client. */
export interface Agents {
  readonly httpAgent: http.Agent
  readonly httpsAgent: http.Agent
}

/** Options of an agent: of ours, and of those for proxies. */
export function agentOptions(network: Network, maxSockets: number) {
  const secureContext = secureContextFor(network)
  return {
    keepAlive: true,
    maxSockets,
    noDelay: true,
    ...(secureContext ? { secureContext } : {}),
  }
}

/**
 * Agents for a server that is reached without a proxy. `agents.ts` also supports proxies, and takes
 * longer to load than all the rest of a thread.
 *
 * @param maxSockets maximum number of connections per server
 */
export function plainAgents(network: Network, maxSockets: number): Agents {
  const options = agentOptions(network, maxSockets)
  return { httpAgent: new http.Agent(options), httpsAgent: new https.Agent(options) }
}
