import {
  checkParent,
  listBeside,
  loadStored,
  notStored,
  type ListedBeside,
  type StoredPlace,
} from '@z3/backup'
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

/** What one dataset needs. */
export interface CopyJob {
  readonly from: StoredPlace
  readonly to: StoredPlace
  /** The server of both stores can copy. */
  readonly isSameServer: boolean
  readonly concurrency: number
  /** Bytes. */
  readonly memory: number
  /** Compare with manifests, and copy them. */
  readonly usesManifests: boolean
  readonly dryRun: boolean
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  readonly tell: (line: string) => void
  readonly onDone: (result: CopyResult) => void
}

/** What became of an object. */
export interface CopyResult extends Omit<CopyStep, 'action'> {
  readonly action: CopyStep['action'] | 'copied' | 'failed'
  readonly error?: Z3Error
  readonly way?: CopiedObject['way']
  /** The data was compared with a checksum. */
  readonly isCompared?: boolean
}

/** Errors that every other object would meet, too. */
const OF_ALL: readonly ErrorCode[] = [...OF_WHOLE_STORE, 'usage', 'config', 'no-space', 'locked']

/**
 * Copy the objects of a dataset that the destination does not have, parents before children, each
 * with its manifest.
 *
 * @throws Z3Error `no-such-dataset`, and those that every object would meet
 */
export async function copyDataset(job: CopyJob): Promise<readonly CopyResult[]> {
  const { from, to, env, signal, tell } = job
  const beside = await listBeside(from, signal)
  const { snapshots: source, foreign } = await loadStored(from, env, signal, tell)
  if (source.length === 0) throw notStored(from.dataset, from.store, from.prefix)
  for (const key of foreign)
    job.say(`object '${key}' is not a snapshot of ${from.dataset}; skipping it`)
  const { snapshots: there } = await loadStored(to, env, signal, tell)
  const missing = new Set<string>()
  const results: CopyResult[] = []
  let { isSameServer } = job
  for (const step of planCopy(source, there)) {
    signal.throwIfAborted()
    const result = await apply({ ...job, isSameServer }, step, beside, missing)
    // a server that cannot copy is not asked again
    if (result.way === 'streamed' && result.object.objects === undefined) isSameServer = false
    if (result.action === 'failed' || result.action === 'refused') missing.add(step.name)
    results.push(result)
    job.onDone(result)
  }
  return results
}

async function apply(
  job: CopyJob,
  step: CopyStep,
  beside: ListedBeside,
  missing: ReadonlySet<string>,
): Promise<CopyResult> {
  const { parent } = step.object
  if (step.action !== 'copy') return step
  if (parent !== undefined && missing.has(parent)) {
    return { ...step, action: 'refused', reason: `its parent ${parent} is not copied` }
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
