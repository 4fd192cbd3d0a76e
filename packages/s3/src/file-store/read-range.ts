import { Z3Error } from '@z3/core'
import type { ReadOptions } from '../object-store.js'
import type { Descriptor } from './descriptor.js'
import { withFileErrors } from './file-error.js'
import { filePath, type ObjectPlace } from './object-place.js'
import { openData } from './open-data.js'

/** Bytes of one read(2): an abort waits for no more. */
const CHUNK = 1 << 20

/**
 * Read a range of an object's data.
 *
 * @throws Z3Error as `openData`; `size-mismatch`: beyond the end
 */
export async function readRange(
  place: ObjectPlace,
  descriptor: Descriptor,
  { offset, into, signal }: ReadOptions,
): Promise<void> {
  // Node takes an offset that is none for `where the last read ended`
  const valid = Number.isSafeInteger(offset) && offset >= 0
  if (!valid || offset + into.length > descriptor.size) {
    throw new Z3Error(
      'size-mismatch',
      `bytes ${String(offset)} to ${String(offset + into.length)} were wanted of '${place.key}', which has ${String(descriptor.size)}`,
    )
  }
  const path = filePath(place, 'data', descriptor.uploadId)
  const { handle } = await openData(place, descriptor)
  await withFileErrors('cannot read', path, async () => {
    try {
      for (let done = 0; done < into.length;) {
        signal?.throwIfAborted()
        const length = Math.min(CHUNK, into.length - done)
        const { bytesRead } = await handle.read(into, done, length, offset + done)
        if (bytesRead === 0) throw cut(path)
        done += bytesRead
      }
      signal?.throwIfAborted()
    } finally {
      await handle.close()
    }
  })
}

function cut(path: string): Z3Error {
  return new Z3Error('size-mismatch', `the data file '${path}' was cut while it was read`, {
    hint: 'See what else writes to it.',
  })
}
