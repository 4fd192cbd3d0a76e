import type { SecureContext } from 'node:tls'
import { HttpProxyAgent } from 'http-proxy-agent'
import { HttpsProxyAgent, type HttpsProxyAgentOptions } from 'https-proxy-agent'
import type { Network } from './network.js'
import { agentOptions, plainAgents, type Agents } from './plain-agents.js'

/**
 * Keep-alive agents for Node's HTTP client.
 *
 * @param maxSockets maximum number of connections per server
 */
export function createAgents(network: Network, maxSockets: number): Agents {
  const { proxy } = network
  if (proxy === undefined) return plainAgents(network, maxSockets)
  const options = agentOptions(network, maxSockets)
  return {
    httpAgent: new HttpProxyAgent(proxy, options),
    httpsAgent: new TunnelAgent(proxy, options, options.secureContext),
  }
}

/** Connections to TLS servers through a proxy's CONNECT. */
class TunnelAgent extends HttpsProxyAgent<string> {
  readonly #secureContext: SecureContext | undefined

  constructor(
    proxy: string,
    options: HttpsProxyAgentOptions<string>,
    secureContext: SecureContext | undefined,
  ) {
    super(proxy, options)
    this.#secureContext = secureContext
    // the base class would return a refusal as the server's own response: a 404 would mean a
    // missing object
    this.on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode === 200) return
      throw Object.assign(new Error(`the proxy responded ${String(statusCode)} to CONNECT`), {
        code: statusCode < 500 ? 'ERR_PROXY_REFUSED' : 'ERR_PROXY_UNAVAILABLE',
      })
    })
  }

  override connect(
    ...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>
  ): ReturnType<HttpsProxyAgent<string>['connect']> {
    return super.connect(request, {
      ...options,
      ...(this.#secureContext ? { secureContext: this.#secureContext } : {}),
    })
  }
}
