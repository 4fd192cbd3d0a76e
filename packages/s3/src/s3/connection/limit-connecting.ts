import type { Agent, ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/**
 * Limit the time that a request's connection may take, with that of a proxy and of TLS. While the
 * request waits for another one to end, since the agent has no more connections, no time counts.
 *
 * @param agent of the request; undefined: it has a connection of its own
 * @param limit milliseconds
 * @param onLate called at most once, if the limit has passed
 * @returns a function that ends this, for a request that has ended
 */
export function limitConnecting(
  request: ClientRequest,
  agent: Agent | undefined,
  limit: number,
  onLate: () => void,
): () => void {
  const waits = () =>
    Object.values(agent?.requests ?? {}).some((requests) => requests?.includes(request))
  let waited = waits()
  const check = () => {
    // it may have begun to connect just now
    if (waited) timer = setTimeout(check, limit)
    else onLate()
    waited = waits()
  }
  let timer = setTimeout(check, limit)
  const stop = () => {
    clearTimeout(timer)
  }
  request.once('socket', (socket: Socket) => {
    onceConnected(socket, stop)
  })
  return stop
}

/**
 * At once, if the connection is established: it was kept alive, or comes from a proxy's agent.
 * `request.reusedSocket` does not tell: it is false for a request that waited for the connection of
 * another one.
 */
function onceConnected(socket: Socket, callback: () => void): void {
  const tls = socket instanceof TLSSocket
  // the client's Finished message is the last of its handshake
  if (tls ? socket.getFinished() !== undefined : !socket.connecting) callback()
  else socket.once(tls ? 'secureConnect' : 'connect', callback)
}
