/**
 * The thread for hashes that take as long as the rest of a transfer (docs/performance.md): the ETag
 * of a download, or the SHA-256 of an object and the CRC-32 of each part.
 */
import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import type { DigestKind } from './digest-thread.js'
import { EtagDigest } from '../etag.js'

const port = parentPort
if (!port) throw new Error('digest-worker runs as a worker thread only')
const kind = workerData as DigestKind
const answer = kind.kind === 'etag' ? etag(kind.sizes) : sha256()

// one answer per message: bytes in shared memory, finally null
port.on('message', (bytes: Uint8Array | null) => {
  port.postMessage(answer(bytes))
})

function etag(sizes: readonly number[] | undefined) {
  const digest = new EtagDigest(sizes)
  return (bytes: Uint8Array | null): string => {
    if (!bytes) return digest.end()
    digest.update(bytes)
    return ''
  }
}

function sha256() {
  const hash = createHash('sha256')
  return (bytes: Uint8Array | null): string => {
    if (!bytes) return hash.digest('hex')
    hash.update(bytes)
    return String(crc32(bytes))
  }
}
