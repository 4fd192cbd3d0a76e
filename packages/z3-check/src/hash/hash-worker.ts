/** The thread that reads and hashes chunks: reading and hashing block it, and no other. */
import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { HashJob, HashReply } from './hash-job.js'
import { identityOf } from './identity.js'

const port = parentPort
if (!port) throw new Error('hash-worker runs as a worker thread only')

/** All the memory that a thread reads into, bytes. */
const buffer = Buffer.allocUnsafeSlow(1024 * 1024)

port.on('message', (job: HashJob) => {
  port.postMessage(reply(job))
})

function reply(job: HashJob): HashReply {
  try {
    return hash(job)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { error: message, code }
  }
}

function hash({ path, noFollow, offset, length }: HashJob): HashReply {
  // a FIFO that took the place of the file must not block
  const flags = constants.O_NONBLOCK | (noFollow ? constants.O_NOFOLLOW : 0)
  const fd = openSync(Buffer.from(path), constants.O_RDONLY | flags)
  try {
    const before = identityOf(fstatSync(fd, { bigint: true }))
    const sha1 = createHash('sha1')
    let bytes = 0
    while (bytes < length) {
      const size = Math.min(buffer.length, length - bytes)
      const read = readSync(fd, buffer, 0, size, offset + bytes)
      if (read === 0) break
      sha1.update(read === buffer.length ? buffer : buffer.subarray(0, read))
      bytes += read
    }
    const after = identityOf(fstatSync(fd, { bigint: true }))
    return { sha1: sha1.digest('hex'), bytes, before, after }
  } finally {
    closeSync(fd)
  }
}
