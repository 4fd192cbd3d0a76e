// Holds the lock of a dataset until it is killed.
import { withLock } from '../dist/lock.js'

const [, , dataset = ''] = process.argv
await withLock(
  { dataset, destination: 'a bucket\nz3-backup/' },
  new AbortController().signal,
  () => undefined,
  () => {
    process.send?.('held')
    return new Promise(() => {
      setInterval(() => undefined, 1000)
    })
  },
)
