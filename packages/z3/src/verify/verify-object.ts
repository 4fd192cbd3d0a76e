import { checkArchive } from '@z3/backup'
import { Z3Error, type ErrorCode, type StoredSnapshot, type VerifyLevel } from '@z3/core'
import { PipelineError } from '@z3/pipeline'
import { verifyData } from './verify-data.js'
import { verifyStream, type StreamIdentity } from './verify-stream.js'
import { findListed, findManifest, verifyHead } from './verify-head.js'
import type { VerifyTools } from './tools.js'

/** What was found out about an object. */
export interface Finding {
  /** What was done in the end. */
  readonly level: VerifyLevel
  /**
   * `unverified`: there is a reason why it could not be checked. `archived`: the data cannot be read
   * before it is thawed.
   */
  readonly result: 'ok' | 'damaged' | 'unverified' | 'archived'
  /** Undefined where all is well. */
  readonly reason: string | undefined
  /** Bytes of the object that were read. */
  readonly bytes: number
  readonly stream?: StreamIdentity | undefined
  /** See `verifyHead`. */
  readonly compared?: string | undefined
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
    if (level === 'head') {
      const compared = await verifyHead(object, tools)
      return { level, result: 'ok', reason: undefined, bytes: 0, compared }
    }
    const info = await findListed(object, tools)
    const archive = await checkArchive(tools.store, info, tools.signal)
    if (archive && archive.phase !== 'thawed') {
      const reason = `the object is ${archive.phase} (${archive.archive})`
      return { level, result: 'archived', reason, bytes: 0 }
    }
    const known = { info, ...(await findManifest(info, tools)) }
    if (level === 'data') {
      const found = await verifyData(object, known, tools)
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
