// A proxy before an S3 server that counts requests
import { Agent, createServer, request as send } from 'node:http'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'

/** LIST: a GET of the bucket itself. */
const kind = ({ method, url }) => (method === 'GET' && /[?&]list-type=/.test(url) ? 'LIST' : method)

/**
 * Start it. Headers pass as they are, Host too: it is signed.
 *
 * @returns its endpoint; `take` gives the counts since the last time
 */
export const startCounter = async (endpoint) => {
  const { hostname, port } = new URL(endpoint)
  const agent = new Agent({ keepAlive: true })
  let counts = {}
  const server = createServer(async (request, response) => {
    const { method, url: path, headers } = request
    counts[kind(request)] = (counts[kind(request)] ?? 0) + 1
    try {
      const onward = send({ hostname, port, method, path, headers, agent })
      const answered = once(onward, 'response')
      await pipeline(request, onward)
      const [answer] = await answered
      response.writeHead(answer.statusCode, answer.headers)
      await pipeline(answer, response)
    } catch {
      // the client sees that the connection breaks, and says so
      response.destroy()
    }
  })
  server.keepAliveTimeout = 120_000
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    take: () => {
      const taken = counts
      counts = {}
      return taken
    },
    stop: () => {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}
