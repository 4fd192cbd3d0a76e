/**
 * The thread that hashes and sends the parts of an upload, while the main thread reads. Requests are
 * already signed; the bodies are in memory shared with the main thread.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { plainAgents } from '../connection/plain-agents.js'
import { Throttle } from '../throttle.js'
import { LocalSender } from './local-sender.js'
import type { FromSender, Job, SenderSettings, ToSender } from './sender-message.js'

const port = parentPort
if (!port) throw new Error('sender-worker runs as a worker thread only')
const { network, connections, patience, throttle } = workerData as SenderSettings

const agents =
  network.proxy === undefined
    ? plainAgents(network, connections)
    : // loaded on demand: it takes longer than all the rest
      (await import('../connection/agents.js')).createAgents(network, connections)
const sender = new LocalSender(agents, patience, throttle && new Throttle(throttle))
const running = new Map<number, AbortController>()

port.on('message', ({ id, job }: ToSender) => {
  if (job === 'cancel') running.get(id)?.abort(new Error('aborted'))
  else void run(id, job)
})
answer('ready')

function answer(message: FromSender): void {
  port?.postMessage(message)
}

async function run(id: number, job: Job): Promise<void> {
  const abort = new AbortController()
  running.set(id, abort)
  try {
    const result =
      job.kind === 'hash'
        ? await sender.hash(job.body, job.hashes)
        : await sender.send(job.request, job.body, abort.signal)
    answer({ id, result })
  } catch (error) {
    const { name, message, code, syscall } = error as NodeJS.ErrnoException
    answer({ id, error: { name, message, code, syscall } })
  } finally {
    running.delete(id)
  }
}
