import { checkParent, listBeside, loadStored, notStored, type ListedBeside } from '@z3/backup'
import {
  formatManifest,
  manifestKey,
  planCopy,
  OF_WHOLE_STORE,
  Z3Error,
  type CopyStep,
  type ErrorCode,
  type Manifest,
} from '@z3/core'
import { copyObject, fetchManifest, type CopiedObject } from '@z3/s3'
import type { CopyJob, CopyResult } from './copy-job.js'
import { isArchiveError, thawSource } from './thaw-source.js'

/** Errors that every other object would meet, too. */
const OF_ALL: readonly ErrorCode[] = [...OF_WHOLE_STORE, 'usage', 'config', 'no-space', 'locked']

/**
 * Copy the objects of a dataset that the destination does not have, parents before children, each
 * with its manifest. Archived objects are named first, and thawed if that is asked for.
 *
 * @returns why archived objects were not copied; undefined: none were left
 * @throws Z3Error `no-such-dataset`, and those that every object would meet
 */
export async function copyDataset(job: CopyJob): Promise<Z3Error | undefined> {
  const { from, signal } = job
  const beside = await listBeside(from, signal)
  const steps = await planSteps(job)
  const archive = await thawSource(steps, job)
  const missing = new Map<string, Z3Error | undefined>()
  let { isSameServer } = job
  for (const step of steps) {
    signal.throwIfAborted()
    const error = archive?.errorOf(step)
    const result: CopyResult = error
      ? { ...step, action: 'failed', error }
      : await apply({ ...job, isSameServer }, step, beside, missing)
    // a server that cannot copy is not asked again
    if (result.way === 'streamed' && result.object.objects === undefined) isSameServer = false
    const isMissing = result.action === 'failed' || result.action === 'refused'
    if (isMissing) missing.set(step.name, result.error)
    job.onDone(result)
  }
  return archive?.problem
}

/**
 * Plan the copy of a dataset.
 *
 * @throws Z3Error `no-such-dataset`, and those of the stores
 */
export async function planSteps({
  from,
  to,
  env,
  signal,
  say,
  tell,
}: Pick<CopyJob, 'from' | 'to' | 'env' | 'signal' | 'say' | 'tell'>): Promise<readonly CopyStep[]> {
  const { snapshots: source, foreign } = await loadStored(from, env, signal, tell)
  if (source.length === 0) throw notStored(from.dataset, from.store, from.prefix)
  for (const key of foreign)
    say(`object '${key}' is not a snapshot of ${from.dataset}; skipping it`)
  const { snapshots: there } = await loadStored(to, env, signal, tell)
  return planCopy(source, there)
}

async function apply(
  job: CopyJob,
  step: CopyStep,
  beside: ListedBeside,
  missing: ReadonlyMap<string, Z3Error | undefined>,
): Promise<CopyResult> {
  const { parent } = step.object
  if (step.action !== 'copy') return step
  if (parent !== undefined && missing.has(parent)) {
    const reason = `its parent ${parent} is not copied`
    const cause = missing.get(parent)
    // it is copied when its parent is
    const error = cause && isArchiveError(cause) ? { error: new Z3Error(cause.code, reason) } : {}
    return { ...step, action: 'refused', reason, ...error }
  }
  if (job.dryRun) return step
  try {
    return { ...step, action: 'copied', ...(await copyStep(job, step, beside)) }
  } catch (error) {
    job.signal.throwIfAborted()
    if (!(error instanceof Z3Error) || OF_ALL.includes(error.code)) throw error
    return { ...step, action: 'failed', error: whileCopying(step, error) }
  }
}

/** An object that is gone was there when it was listed. */
function whileCopying({ name }: CopyStep, error: Z3Error): Z3Error {
  if (error.code !== 'no-such-key') return error
  return new Z3Error('object-changed', `'${name}' was deleted while it was copied`, {
    hint: 'Another run prunes the source: run z3 copy again.',
    cause: error,
  })
}

async function copyStep(
  job: CopyJob,
  { name, object }: CopyStep,
  beside: ListedBeside,
): Promise<Pick<CopyResult, 'way' | 'isCompared'>> {
  const { from, to, signal, say, tell } = job
  const info = await from.store.head(object.key, signal)
  if (info.size !== object.bytes || info.etag !== object.etag) {
    throw new Z3Error('object-changed', `object '${object.key}' was replaced since it was listed`, {
      hint: 'Run z3 copy again.',
    })
  }
  const listed = beside.get(name)?.manifest
  const found =
    job.usesManifests && listed
      ? await fetchManifest(from.store, from.prefix, info, signal)
      : undefined
  if (found?.note !== undefined) say(found.note)
  const { manifest } = found ?? {}
  const copied = await copyObject({
    from: from.store,
    to: to.store,
    info,
    key: `${to.prefix}${name}`,
    isSameServer: job.isSameServer,
    concurrency: job.concurrency,
    memory: job.memory,
    known: manifest,
    onNote: say,
    signal,
  })
  if (object.parent !== undefined) {
    const { parent, parentGuid } = object
    const base = parentGuid === undefined ? undefined : { guid: parentGuid }
    await checkParent(to, { name, etag: copied.info.etag, parent, base }, signal, say)
  }
  if (copied.verdict.kind !== 'same')
    tell(`${name}: only the size was compared: ${copied.verdict.why}`)
  if (manifest) await copyManifest(job, name, manifest, copied)
  return { way: copied.way, isCompared: copied.verdict.kind === 'same' }
}

/** The manifest of the copy: same data, another object. */
async function copyManifest(
  { to, signal, say }: CopyJob,
  name: string,
  manifest: Manifest,
  { info, digests, hasSameParts }: CopiedObject,
): Promise<void> {
  const whole = [{ bytes: manifest.bytes, crc32: manifest.crc32 }]
  const body = formatManifest({
    ...manifest,
    key: info.key,
    etag: info.etag,
    nonce: info.nonce,
    parts: digests?.parts ?? (hasSameParts ? manifest.parts : whole),
  })
  try {
    await to.store.put(manifestKey(to.prefix, name), Buffer.from(body), signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Z3Error)) throw error
    // the object is stored, and that is what counts
    say(`cannot write the manifest of ${name}: ${error.message}`)
  }
}
