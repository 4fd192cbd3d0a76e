import { MIB, type StoredSnapshot } from '@z3/core'
import { download, type ObjectInfo } from '@z3/s3'
import type { VerifyTools } from './tools.js'

/** Bytes of one range unless CHUNK_SIZE says otherwise. */
const DEFAULT_CHUNK = 8 * MIB

/**
 * Read every byte of an object and compare them with what is known of them:
 * the CRC-32 or the ETag of the store. Encrypted objects need no key.
 *
 * @returns isCompared: false where nothing is known
 * @throws Z3Error `checksum-mismatch` and others, as `download`
 */
export async function verifyData(
  { key }: StoredSnapshot,
  { store, config: { settings }, signal }: VerifyTools,
): Promise<{ readonly isCompared: boolean; readonly bytes: number }> {
  const info = await store.head(key, signal)
  if (!hasChecksum(info)) return { isCompared: false, bytes: 0 }
  const verdict = await download(store, {
    info,
    chunkSize: settings.CHUNK_SIZE ?? DEFAULT_CHUNK,
    concurrency: settings.CONCURRENCY,
    memory: settings.MAX_MEMORY,
    write: () => Promise.resolve(),
    signal,
  })
  return { isCompared: verdict.kind === 'same', bytes: info.size }
}

function hasChecksum({ crc32, etagKind = 'other' }: ObjectInfo): boolean {
  return crc32 !== undefined || etagKind !== 'other'
}
