/**
 * The thread that computes the ETag of a download: MD5 takes as long as all
 * else that a download does (docs/performance.md).
 */
import { parentPort, workerData } from 'node:worker_threads'
import { EtagDigest } from './etag-digest.js'

const port = parentPort
if (!port) throw new Error('etag-worker runs as a worker thread only')
const digest = new EtagDigest(workerData as readonly number[] | undefined)

// one answer to each message: bytes in shared memory, and null at the end
port.on('message', (bytes: Uint8Array | null) => {
  if (bytes) digest.update(bytes)
  port.postMessage(bytes ? '' : digest.end())
})
