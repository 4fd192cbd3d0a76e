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
  /** Estimated bytes of the stream; undefined if zfs cannot estimate it. */
  readonly size: number | undefined
}

/** An object to download. */
export interface DownloadStep extends RestoreStep {
  /** Filters that turn the object into a stream again, in order. */
  readonly filters: readonly Command[]
}

export interface UploadOptions extends Pick<StoredFields, 'compressor' | 'encryptor'> {
  /** The compressor, then the encryptor. */
  readonly filters: readonly Command[]
  /**
   * Verify the stream before the filters; pput completes only a complete stream of this snapshot.
   */
  readonly verifies: boolean
  /** File for the summary of the verified stream; undefined: none. */
  readonly summary: string | undefined
  /** Options of pput: the settings of the store. */
  readonly flags: readonly string[]
  /** Storage class of increments; undefined: that of the flags. */
  readonly incrementClass?: string | undefined
}

/**
 * pput completes the upload when `commit` arrives on this descriptor, and prints one line of JSON.
 */
const COMMIT = ['--commit-fd', '3', '--json']

/** Of pput. */
const CLASS = '--storage-class='

/**
 * The objects below a prefix of a store. pput and z3-get move the data, so no client of the store
 * is needed here.
 *
 * Delete an object only if no other object that is kept has it as an ancestor.
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
   * A source that downloads.
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

  /** A target that uploads. */
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
    { flags, incrementClass, compressor, encryptor }: UploadOptions,
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
      ...(parent === undefined || incrementClass === undefined
        ? flags
        : [...flags.filter((flag) => !flag.startsWith(CLASS)), `${CLASS}${incrementClass}`]),
      ...(overwrite ? ['--overwrite'] : []),
      ...(size === undefined ? [] : ['--estimated', String(size)]),
      ...Object.entries(metadata).flatMap(([key, value]) => ['--meta', `${key}=${value}`]),
      `${this.prefix}${name}`,
    ]
  }
}

/**
 * The stage that fails, before pput completes the upload, unless the stream is complete and
 * contains the snapshot that the metadata names.
 */
function verifyCommand({ snapshot, base }: UploadStep, summary: string | undefined): Command {
  const identity = ['--guid', snapshot.guid, '--parent-guid', base?.guid ?? 'none']
  return {
    file: 'zstream-verify',
    // the summary is optional: a full disk must not fail the backup
    args: [...identity, ...(summary === undefined ? [] : ['--try-summary', summary])],
  }
}

/**
 * The number of bytes that pput has uploaded and verified.
 *
 * @param output of pput --json
 * @throws Error if pput did not print its success line
 */
export function uploadedBytes(output: string): number {
  const { status, bytes } = JSON.parse(output) as Record<string, unknown>
  if (status !== 'success' || typeof bytes !== 'number') {
    throw new Error(`unexpected output of pput: ${output}`)
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
