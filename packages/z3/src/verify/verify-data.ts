import { MIB, Z3Error, type StoredSnapshot } from '@z3/core'
import { DigestThread, download, type ObjectInfo } from '@z3/s3'
import type { Known, VerifyTools } from './tools.js'

/** Bytes of one range unless CHUNK_SIZE says otherwise. */
const DEFAULT_CHUNK = 8 * MIB

/**
 * Read every byte of an object, show the progress, and compare them with what is known of them: the
 * SHA-256 of the manifest, and the CRC-32 or the ETag of the store. Encrypted
 * objects need no key.
 *
 * @returns isCompared: false where nothing is known
 * @throws Z3Error `checksum-mismatch` and others, as `download`
 */
export async function verifyData(
  { dataset, snapshot }: StoredSnapshot,
  { info, manifest }: Known,
  { store, config: { settings }, transfers, signal }: VerifyTools,
): Promise<{ readonly isCompared: boolean; readonly bytes: number }> {
  if (!manifest && !hasChecksum(info)) return { isCompared: false, bytes: 0 }
  const thread = manifest && new DigestThread({ kind: 'sha256' })
  try {
    const verdict = await transfers.measure(`${dataset}@${snapshot}`, info.size, (report) =>
      download(store, {
        info,
        chunkSize: settings.CHUNK_SIZE ?? DEFAULT_CHUNK,
        concurrency: settings.CONCURRENCY,
        memory: settings.MAX_MEMORY,
        write: async (bytes) => {
          await thread?.update(bytes)
          report(bytes.byteLength)
        },
        crc32: manifest?.crc32,
        signal,
      }),
    )
    const sha256 = await thread?.end()
    if (manifest && (sha256 !== manifest.sha256 || info.size !== manifest.bytes)) {
      throw new Z3Error(
        'checksum-mismatch',
        `the bytes of '${info.key}' have a SHA-256 that differs from the manifest`,
      )
    }
    return { isCompared: manifest !== undefined || verdict.kind === 'same', bytes: info.size }
  } finally {
    thread?.close()
  }
}

function hasChecksum({ crc32, etagKind = 'other' }: ObjectInfo): boolean {
  return crc32 !== undefined || etagKind !== 'other'
}
