import {
  storedMetadata,
  type BackupStep,
  type Command,
  type RestoreStep,
  type StoredFields,
} from '@z3/core'
import { renderPipeline } from '@z3/pipeline'
import type { Host } from '@z3/zfs'
import type { Source, Step, Target } from './endpoint.js'

/** A snapshot to upload as one object; its name is that of the key. */
export interface UploadStep extends Step, BackupStep {
  /** Estimated bytes of the stream; undefined where zfs cannot say. */
  readonly size: number | undefined
}

/** An object to download. */
export interface DownloadStep extends RestoreStep {
  /** What turns the object into a stream again, in order. */
  readonly filters: readonly Command[]
}

export interface UploadOptions extends Pick<StoredFields, 'compressor' | 'encryptor'> {
  /** The compressor, then the encryptor. */
  readonly filters: readonly Command[]
  /** Check the stream before the filters; pput completes only a whole one of this snapshot. */
  readonly verifies: boolean
  /** Where the summary of the checked stream is written; undefined: nowhere. */
  readonly summary: string | undefined
  /** Of pput: the settings of the store. */
  readonly flags: readonly string[]
}

/**
 * pput completes the upload when `commit` arrives on this descriptor, and prints one
 * line of JSON.
 */
const COMMIT = ['--commit-fd', '3', '--json']

/**
 * The objects below a prefix of a store. pput and z3-get move the bytes, so that this
 * needs no client of the store.
 *
 * An object may be deleted only when no object that is kept has it as an ancestor.
 */
export class StoreEndpoint {
  /** Where pput and z3-get run. */
  readonly host: Host
  /** S3_PREFIX, with its slash. */
  readonly prefix: string

  constructor(host: Host, prefix: string) {
    this.host = host
    this.prefix = prefix
  }

  /**
   * Download from it.
   *
   * @param flags of z3-get: the settings of the store
   */
  source(flags: readonly string[]): Source<DownloadStep> {
    return {
      host: this.host,
      send: ({ object, filters }) =>
        Promise.resolve([{ file: 'z3-get', args: ['--quiet', ...flags, object.key] }, ...filters]),
      estimate: ({ object }) => Promise.resolve(object.bytes),
    }
  }

  /** Upload to it. */
  target(options: UploadOptions): Target<UploadStep> {
    return {
      host: this.host,
      commits: true,
      receive: (step) =>
        Promise.resolve([
          ...(options.verifies ? [verifyCommand(step, options.summary)] : []),
          ...options.filters,
          { file: 'pput', args: [...COMMIT, ...this.#uploadArguments(step, options)] },
        ]),
      checkArrived: (_step, output) => {
        uploadedBytes(output)
        return Promise.resolve()
      },
    }
  }

  #uploadArguments(
    { name, size, overwrite, ...step }: UploadStep,
    { flags, compressor, encryptor }: UploadOptions,
  ): readonly string[] {
    const { snapshot, storedAs, base, parent, sendFlags } = step
    const metadata = storedMetadata({
      size,
      parent,
      compressor,
      encryptor,
      guid: snapshot.guid,
      parentGuid: base?.guid,
      created: snapshot.created,
      sendFlags,
      twinOf: storedAs === snapshot.snapshot ? undefined : snapshot.snapshot,
    })
    return [
      '--quiet',
      ...flags,
      ...(overwrite ? ['--overwrite'] : []),
      ...(size === undefined ? [] : ['--estimated', String(size)]),
      ...Object.entries(metadata).flatMap(([key, value]) => ['--meta', `${key}=${value}`]),
      `${this.prefix}${name}`,
    ]
  }
}

/**
 * The stage that fails, before pput completes the upload, unless the stream is whole
 * and of the snapshot that the metadata name.
 */
function verifyCommand({ snapshot, base }: UploadStep, summary: string | undefined): Command {
  const identity = ['--guid', snapshot.guid, '--parent-guid', base?.guid ?? 'none']
  return {
    file: 'zstream-verify',
    // a summary is an aid: a full disk must not cost the backup
    args: [...identity, ...(summary === undefined ? [] : ['--try-summary', summary])],
  }
}

/**
 * The bytes that pput has uploaded and checked.
 *
 * @param output of pput --json
 * @throws Error where that is not what pput prints on success
 */
export function uploadedBytes(output: string): number {
  const { status, bytes } = JSON.parse(output) as Record<string, unknown>
  if (status !== 'success' || typeof bytes !== 'number') {
    throw new Error(`pput's answer is not understood: ${output}`)
  }
  return bytes
}

/**
 * The ETag of the object, as the server gave it; empty where it gave none.
 *
 * @param output of pput --json
 */
export function uploadedEtag(output: string): string {
  const { etag } = JSON.parse(output) as Record<string, unknown>
  return typeof etag === 'string' ? etag : ''
}

/**
 * The commands of an upload as one command to paste into a shell: pput runs the
 * producers itself, since a descriptor for `commit` cannot be pasted.
 */
export function pastedUpload(commands: readonly Command[]): Command {
  const producers = commands.slice(0, -1)
  const [only] = producers
  const upload = commands.at(-1)
  if (!only || !upload) throw new Error('an upload needs a producer')
  const producer =
    producers.length === 1
      ? [only.file, ...only.args]
      : ['bash', '-o', 'pipefail', '-c', renderPipeline(producers)]
  return { file: upload.file, args: [...upload.args.slice(COMMIT.length), '--', ...producer] }
}
