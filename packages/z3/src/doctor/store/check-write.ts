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
  readonly signal: AbortSignal
}

/**
 * Upload a scratch object as pput does, read it, and delete it.
 *
 * @throws Z3Error of the store; the scratch object is deleted, or named by a finding
 */
export async function checkWrite(check: WriteCheck): Promise<readonly Finding[]> {
  const { store, inspection, prefix, signal } = check
  const key = `${prefix}${ASIDE}doctor-${randomBytes(8).toString('hex')}`
  const findings: Finding[] = []
  try {
    await upload(store, key, signal)
    const body = await store.get(key, BODY.length, signal)
    if (!body || !BODY.equals(body)) {
      const what = `'${key}' was written, and has another content`
      findings.push(problem('write', what, 'Check the server, and proxies on the way to it.'))
    }
    findings.push(checksumFinding(check, (await store.head(key, signal)).hasChecksum === true))
    if (inspection) findings.push(conditionFinding(await inspection.probeCondition(key, signal)))
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    findings.push(problem('write', error.message, error.hint))
  } finally {
    findings.push(...(await remove(store, key)))
  }
  return findings.some(({ state, check: name }) => state === 'problem' && name === 'write')
    ? findings
    : [ok('write', 'an object was stored, read and deleted'), ...findings]
}

const BODY = Buffer.from('Written by z3 doctor; may be deleted.\n')

async function upload(store: ObjectStore, key: string, signal: AbortSignal): Promise<void> {
  const begun = await store.createUpload(key, { metadata: {}, overwrite: false }, signal)
  try {
    const hasher = begun.hasher()
    hasher.update(BODY)
    const part = { partNumber: 1, offset: 0, body: BODY, digest: hasher.digest() }
    await begun.complete([await begun.uploadPart(part, signal)], signal)
  } catch (error) {
    // also after a signal; remove() deletes what may have been completed
    await begun.abort().catch(() => undefined)
    throw error
  }
}

/** Also after a signal. Deleting what does not exist is no error. */
async function remove(store: ObjectStore, key: string): Promise<readonly Finding[]> {
  try {
    const how = await store.delete(key, AbortSignal.timeout(20_000))
    if (how === 'deleted') return []
    return [ok('write', `a version of '${key}' stays in the bucket, since it has versioning`)]
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [
      warning(
        'write',
        `'${key}' may have been stored, and was not deleted: ${why}`,
        'Allow s3:DeleteObject if this host may prune; otherwise delete the object with another key.',
      ),
    ]
  }
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
