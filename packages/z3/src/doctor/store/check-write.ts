import { randomBytes } from 'node:crypto'
import { ASIDE, Z3Error } from '@z3/core'
import type { BucketInspection, Condition, ObjectStore } from '@z3/s3'
import { ok, problem, warning, type Finding } from '../finding.js'

/** What the scratch object is used for. */
export interface WriteCheck {
  readonly store: ObjectStore
  /** Undefined: a directory. */
  readonly inspection: BucketInspection | undefined
  /** S3_PREFIX */
  readonly prefix: string
  /** MANIFEST: checksums are stored beside the objects. */
  readonly hasManifests: boolean
  /** The same store without S3_SSE and S3_SSE_C_KEY_FILE; undefined: neither is set. */
  readonly unencrypted: (() => Promise<ObjectStore>) | undefined
  /** Told of what an interrupted run leaves in the bucket: it prints no findings. */
  readonly onLeft: (finding: Finding) => void
  readonly signal: AbortSignal
}

/**
 * Upload a scratch object as pput does, read it, and delete it.
 *
 * @throws Z3Error of the store; the scratch object is deleted, or named by a finding
 */
export async function checkWrite(check: WriteCheck): Promise<readonly Finding[]> {
  const { store, inspection, signal } = check
  const key = scratchKey(check)
  const findings: Finding[] = []
  try {
    await upload(store, key, findings, signal)
    const body = await store.get(key, BODY.length, signal)
    if (!body || !BODY.equals(body)) {
      const what = `'${key}' was written, and has another content`
      findings.push(problem('write', what, 'Check the server, and proxies on the way to it.'))
    }
    findings.push(checksumFinding(check, (await store.head(key, signal)).hasChecksum === true))
    if (inspection) {
      const onAbortFailed = (error: unknown) => findings.push(pendingFinding(key, error))
      const condition = await inspection.probeCondition(key, signal, onAbortFailed)
      findings.push(conditionFinding(condition))
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    findings.push(problem('write', error.message, error.hint))
    await blameEncryption(check, findings)
  } finally {
    findings.push(...(await remove(store, key)))
    if (signal.aborted) findings.filter(({ check: name }) => name === 'write').forEach(check.onLeft)
  }
  return findings.some(({ state, check: name }) => state === 'problem' && name === 'write')
    ? findings
    : [ok('write', 'an object was stored, read and deleted'), ...findings]
}

/** Time limit of what cleans up, milliseconds. */
const CLEAN_UP = 20_000

const BODY = Buffer.from('Written by z3 doctor; may be deleted.\n')

/** A run that was killed leaves an object or an upload: each run has a key of its own. */
function scratchKey({ prefix }: WriteCheck): string {
  return `${prefix}${ASIDE}doctor-${randomBytes(8).toString('hex')}`
}

/** After a failure: if an object without encryption can be stored and read, that is the cause. */
async function blameEncryption(check: WriteCheck, findings: Finding[]): Promise<void> {
  const { unencrypted, signal } = check
  if (!unencrypted) return
  const store = await unencrypted()
  const key = scratchKey(check)
  try {
    await upload(store, key, findings, signal)
    await store.get(key, BODY.length, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    // the bucket may refuse objects without encryption
    return
  } finally {
    findings.push(...(await remove(store, key)))
    store.close()
  }
  const what = 'an object without S3_SSE and S3_SSE_C_KEY_FILE can be stored: the encryption fails'
  const fix =
    'Check S3_SSE, S3_SSE_KMS_KEY and the permissions on the KMS key (kms:GenerateDataKey, kms:Decrypt), or S3_SSE_C_KEY_FILE, and whether the server supports them.'
  findings.push(problem('encryption', what, fix))
}

/** @param findings gets one if the upload stays, or one of an unanswered request may stay */
async function upload(
  store: ObjectStore,
  key: string,
  findings: Finding[],
  signal: AbortSignal,
): Promise<void> {
  const onNote = (line: string) => findings.push(ok('write', line))
  const begun = await store.createUpload(key, { metadata: {}, overwrite: false, onNote }, signal)
  try {
    const hasher = begun.hasher()
    hasher.update(BODY)
    const part = { partNumber: 1, offset: 0, body: BODY, digest: hasher.digest() }
    await begun.complete([await begun.uploadPart(part, signal)], signal)
  } catch (error) {
    // also after a signal; remove() deletes what may have been completed
    try {
      await begun.abort(AbortSignal.timeout(CLEAN_UP))
    } catch (failure) {
      findings.push(pendingFinding(key, failure))
    }
    throw error
  }
}

function pendingFinding(key: string, failure: unknown): Finding {
  return warning(
    'write',
    `the upload of '${key}' may be pending, and was not aborted: ${reasonOf(failure)}`,
    `Run 'z3 cleanup --older-than 0s --prefix ${key}' with a key that has s3:AbortMultipartUpload.`,
  )
}

/** Also after a signal. Deleting what does not exist is no error. */
async function remove(store: ObjectStore, key: string): Promise<readonly Finding[]> {
  try {
    const how = await store.delete(key, AbortSignal.timeout(CLEAN_UP))
    if (how === 'deleted') return []
    return [ok('write', `a version of '${key}' stays in the bucket, since it has versioning`)]
  } catch (error) {
    return [
      warning(
        'write',
        `'${key}' may have been stored, and was not deleted: ${reasonOf(error)}`,
        'Allow s3:DeleteObject if this host may prune; otherwise delete the object with another key.',
      ),
    ]
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function checksumFinding({ inspection, hasManifests }: WriteCheck, isKept: boolean): Finding {
  if (!inspection) return ok('checksums', 'stored in the descriptor of each object')
  if (isKept) return ok('checksums', 'the server checks and keeps a CRC-32 of each object')
  if (hasManifests) {
    return ok('checksums', 'not kept by the server: ETags and manifests are compared instead')
  }
  return warning(
    'checksums',
    'not kept by the server, and MANIFEST = no: only ETags are compared',
    'Set MANIFEST = yes.',
  )
}

function conditionFinding(condition: Condition): Finding {
  if (condition === 'honoured') {
    return ok(
      'conditional-writes',
      'the server refuses to replace an existing object (If-None-Match)',
    )
  }
  return warning(
    'conditional-writes',
    `the server ${condition === 'ignored' ? 'ignores' : 'refuses'} If-None-Match: of two hosts that upload one key at a time, one may replace the other's object`,
    'Give each host its own S3_PREFIX (%h is the name of the host).',
  )
}
