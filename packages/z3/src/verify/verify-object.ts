import { confirmObject } from '@z3/backup'
import { Z3Error, type ErrorCode, type StoredSnapshot, type VerifyLevel } from '@z3/core'
import { PipelineError } from '@z3/pipeline'
import { fetchManifest, type ObjectInfo } from '@z3/s3'
import { verifyData } from './verify-data.js'
import { verifyStream, type StreamIdentity } from './verify-stream.js'
import type { Known, VerifyTools } from './tools.js'

/** What was found out about an object. */
export interface Finding {
  /** What was done in the end. */
  readonly level: VerifyLevel
  /** `unverified`: there is a reason why it could not be checked. */
  readonly result: 'ok' | 'damaged' | 'unverified'
  /** Undefined where all is well. */
  readonly reason: string | undefined
  /** Bytes of the object that were read. */
  readonly bytes: number
  readonly stream?: StreamIdentity | undefined
}

/**
 * Verify one object. What is wrong with it is a finding; what keeps all objects
 * from being verified, as a server that cannot be reached, is thrown.
 *
 * @throws Z3Error; the signal's reason
 */
export async function verifyObject(
  object: StoredSnapshot,
  level: VerifyLevel,
  tools: VerifyTools,
): Promise<Finding> {
  const { problem, fault } = object
  if (problem !== undefined) {
    const result = fault === 'unreadable' ? 'unverified' : 'damaged'
    return { level, result, reason: problem, bytes: 0 }
  }
  let done: VerifyLevel = level
  try {
    const known = await findKnown(object, tools)
    if (level === 'head') {
      checkHead(known)
      return { level, result: 'ok', reason: undefined, bytes: 0 }
    }
    if (level === 'data') {
      const found = await verifyData(known, tools)
      if (found.isCompared) return { ...found, level, result: 'ok', reason: undefined }
      // nothing is known of its bytes: what they hold is checked instead
      done = 'stream'
    }
    const found = await verifyStream(object, known, tools)
    return { ...found, level: done, result: 'ok', reason: undefined }
  } catch (error) {
    tools.signal.throwIfAborted()
    const found = judge(error)
    if (found === undefined) throw error
    return { ...found, level: done, bytes: 0 }
  }
}

/** @throws Z3Error `size-mismatch`, `object-changed`, `no-such-key` */
async function findKnown(object: StoredSnapshot, tools: VerifyTools): Promise<Known> {
  const { store, config, listed, note, signal } = tools
  const info = await findListed(object, tools)
  const { MANIFEST: uses, S3_PREFIX: prefix } = config.settings
  if (uses === 'no' || (listed && !listed.manifest)) {
    return { info, manifest: undefined, note: undefined, isRewritten: false }
  }
  const found = await fetchManifest(store, prefix, info, signal, listed?.manifest)
  if (found.note !== undefined) note(found.note)
  return { ...found, info }
}

/** The object that was listed: the metadata of another one at its key may differ. */
async function findListed(
  { key, bytes = NaN, etag = '' }: StoredSnapshot,
  { store, signal }: VerifyTools,
): Promise<ObjectInfo> {
  const found = await confirmObject(store, { key, size: bytes, etag }, signal)
  if (!found) throw new Z3Error('no-such-key', `object '${key}' was deleted (${store.title})`)
  if ('problem' in found) throw found.problem
  if (found.etag === etag && found.size === bytes) return found
  throw new Z3Error('object-changed', `object '${key}' was replaced since it was listed`)
}

/** @throws Z3Error `size-mismatch`, `checksum-mismatch` */
function checkHead({ info, manifest, isRewritten }: Known): void {
  const { key, size, etag } = info
  if (manifest && manifest.bytes !== size) {
    throw new Z3Error(
      'size-mismatch',
      `object '${key}' has ${String(size)} bytes, and ${String(manifest.bytes)} in its manifest`,
    )
  }
  if (manifest && isRewritten) {
    throw new Z3Error(
      'checksum-mismatch',
      `object '${key}' has the ETag ${etag}, and ${manifest.etag} in its manifest: it was written anew, or copied; --level data tells`,
    )
  }
}

/** Errors of one object which do not mean that it is damaged. */
const UNREADABLE: readonly ErrorCode[] = [
  'access-denied',
  'object-archived',
  'object-changed',
  'unknown-compressor',
]

/** What gpg and age say without the key. */
const NO_KEY = /no secret key|no identity matched/i

const OFFER = 'use --level data, which needs no key'

/** @returns undefined: it is not about this object */
function judge(error: unknown): Pick<Finding, 'result' | 'reason'> | undefined {
  if (!(error instanceof Z3Error)) return undefined
  const { code, message } = error
  if (error instanceof PipelineError) return judgePipeline(error)
  // of the settings, AGE_IDENTITY alone is asked for here
  if (code === 'config') {
    return { result: 'unverified', reason: `it is encrypted, and ${message}; ${OFFER}` }
  }
  if (UNREADABLE.includes(code)) return { result: 'unverified', reason: message }
  return error.exitStatus === 3 || code === 'no-such-key'
    ? { result: 'damaged', reason: message }
    : undefined
}

function judgePipeline(error: PipelineError): Pick<Finding, 'result' | 'reason'> | undefined {
  const { code, exitStatus, message, stages, culprit } = error
  const failed = stages[culprit]
  if (code !== 'stage-failed' || !failed) return undefined
  const { stage, status, stderr } = failed
  if (stage.ours) {
    const isBad = exitStatus === 3 || exitStatus === 4
    return isBad ? { result: 'damaged', reason: stderr[0] ?? message } : undefined
  }
  // ended from outside, by the system that is short of memory for example
  if (status.kind !== 'exited') return undefined
  return stderr.some((line) => NO_KEY.test(line))
    ? { result: 'unverified', reason: `there is no key for it: ${message}; ${OFFER}` }
    : { result: 'damaged', reason: message }
}
