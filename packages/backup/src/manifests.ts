import { rmSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { orAborted, version } from '@z3/cli'
import {
  formatManifest,
  formatSendFlags,
  manifestKey,
  recordKeys,
  Z3Error,
  type Manifest,
  type ManifestStream,
} from '@z3/core'
import type { UploadStep } from '@z3/replicate'
import type { Run } from '@z3/zfs'
import type { Context } from './context.js'
import type { Filters } from './filters.js'

/** Writes the manifests of one run. */
export interface Manifests {
  /** Where zstream-verify writes the summary of a stream. */
  readonly summary: string | undefined
  /** A stream begins now. */
  begin(): void
  /**
   * Write the manifest of an object that has been stored. A failure is only
   * reported: restores do not need it.
   *
   * @param output of pput --json --digest
   * @returns bytes of the stream; undefined: unknown
   */
  write(step: UploadStep, output: string): Promise<number | undefined>
  close(): Promise<void>
}

/**
 * @param verifies the streams are checked, and have summaries
 * @param zfs asked for its version
 */
export async function openManifests(
  { store, place, say, tell }: Context,
  { compressor, encryptor }: Filters,
  verifies: boolean,
  zfs: Run,
  signal: AbortSignal,
): Promise<Manifests> {
  const directory = verifies
    ? await mkdtemp(join(tmpdir(), 'z3-')).catch((error: unknown) => {
        say(`manifests will lack the summary of the stream: ${reason(error)}`)
        return undefined
      })
    : undefined
  const summary = directory === undefined ? undefined : join(directory, 'summary.json')
  const zfsVersion = await versionOf(zfs)
  let started = new Date()
  /** Delete the records of the object that was replaced. They are older than the new one. */
  const forget = async (name: string): Promise<void> => {
    try {
      for (const key of recordKeys(place.prefix, name)) {
        await orAborted(signal, store.delete(key, signal))
      }
    } catch (error) {
      // hosts that back up need no permission to delete, and readers compare the times
      signal.throwIfAborted()
      tell(`cannot delete the verification records of ${name}: ${reason(error)}`)
    }
  }
  return {
    summary,
    begin: () => {
      started = new Date()
      // one that cannot be written must not leave that of the stream before
      if (summary !== undefined) rmSync(summary, { force: true })
    },
    write: async (step, output) => {
      const key = `${place.prefix}${step.name}`
      const about = {
        send_flags: formatSendFlags(step.sendFlags),
        compressor,
        encryptor,
        zfs: zfsVersion,
        z3: version,
        host: hostname(),
        started: started.toISOString(),
        finished: new Date().toISOString(),
      }
      if (step.overwrite) await forget(step.name)
      let stream: ManifestStream | undefined
      try {
        stream = summary === undefined ? undefined : await summaryIn(summary, step.name, say)
        const manifest = { ...readUpload(output), key, stream, about }
        const body = Buffer.from(formatManifest(manifest))
        await orAborted(signal, store.put(manifestKey(place.prefix, step.name), body, signal))
      } catch (error) {
        // the object is stored, and that is what counts
        signal.throwIfAborted()
        say(`cannot write the manifest of ${step.name}: ${reason(error)}`)
      }
      return stream?.bytes
    },
    close: async () => {
      if (directory !== undefined) await rm(directory, { recursive: true, force: true })
    },
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** As `zfs-2.3.1`; undefined for one that does not tell. */
async function versionOf(zfs: Run): Promise<string | undefined> {
  try {
    return (await zfs(['version'])).split('\n')[0]
  } catch (error) {
    if (error instanceof Z3Error) return undefined
    throw error
  }
}

/** What pput has printed, as far as a manifest has it. */
function readUpload(output: string): Omit<Manifest, 'key' | 'stream' | 'about'> {
  const printed = JSON.parse(output) as {
    bytes: number
    etag: string
    nonce?: string
    sha256: string
    crc32: number
    part_bytes: readonly number[]
    part_crc32: readonly number[]
  }
  const { bytes, etag, nonce, sha256, crc32 } = printed
  const parts = printed.part_bytes.map((size, index) => ({
    bytes: size,
    crc32: printed.part_crc32[index] ?? NaN,
  }))
  return { bytes, etag, nonce, sha256, crc32, parts }
}

/** @returns undefined, and says so, where none could be written or read */
async function summaryIn(
  file: string,
  name: string,
  say: Context['say'],
): Promise<ManifestStream | undefined> {
  try {
    return readSummary(await readFile(file))
  } catch (error) {
    say(`the manifest of ${name} has no summary of the stream: ${reason(error)}`)
    return undefined
  }
}

/** What zstream-verify has written: one stream. */
function readSummary(text: Buffer): ManifestStream | undefined {
  const { streams } = JSON.parse(String(text)) as { streams: readonly ManifestStream[] }
  return streams[0]
}
