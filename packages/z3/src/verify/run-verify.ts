import { setMaxListeners } from 'node:events'
import {
  identityOf,
  mergeRecords,
  openTransfers,
  verifiedAt,
  writeRecords,
  type ContextArguments,
  type VerifyRecord,
} from '@z3/backup'
import { addToReport, printable, type Io } from '@z3/cli'
import { formatSnapshotName, planVerify, type StoredSnapshot, type VerifyLevel } from '@z3/core'
import { checkLinks } from './check-links.js'
import type { LoadedDataset } from './dataset.js'
import { openRecorder, type Recorder } from './recorder.js'
import { reportOn, verifyJson, type DatasetReport } from './report.js'
import { verifyAll } from './verify-all.js'
import { verifyObject, type Finding } from './verify-object.js'

/** HEAD requests in parallel, at least. */
const HEADS = 16

/** What is verified, and how. */
export interface VerifyRun {
  readonly args: ContextArguments & { readonly progress?: boolean | undefined }
  readonly level: VerifyLevel
  /** Of the objects: above 0, at most 1. */
  readonly share: number
  readonly parallel: number
  /** Milliseconds since the epoch. */
  readonly deadline: number | undefined
}

/**
 * Verify the objects of datasets, the least recently verified first, and remember what is
 * sound: here, and in the store.
 *
 * @throws what keeps all objects from being verified, with the reports until then
 */
export async function runVerify(
  datasets: readonly LoadedDataset[],
  run: VerifyRun,
  io: Io,
): Promise<readonly DatasetReport[]> {
  const { args, level, share, parallel, deadline } = run
  const note = (line: string): void => {
    if (!args.quiet) io.stderr.write(`z3: ${printable(line)}\n`)
  }
  // every request listens, and Node warns of more than ten
  const signal = AbortSignal.any([io.signal])
  setMaxListeners(0, signal)
  const recorder = openRecorder(note, signal)
  const all = datasets.flatMap((loaded) => loaded.wanted.map((object) => ({ loaded, object })))
  const order = planVerify(
    all,
    ({ loaded, object }) => verifiedAt(object, loaded.records, level),
    share,
  )
  const findings = new Map<StoredSnapshot, Finding>()
  const verifyOne = async ({ loaded, object }: (typeof all)[number]): Promise<Finding> => {
    signal.throwIfAborted()
    const { context, beside } = loaded
    const { store, config, env } = context
    const shown = parallel > 1 ? { ...args, progress: false, quiet: true } : args
    // what z3-get could not compare is checked in the stream
    const silent = { ...context, say: () => undefined }
    const transfers = openTransfers(shown, io, silent, [object.bytes])
    const tools = { store, config, configFile: args.config, env, transfers, note, signal }
    const listed = beside && { manifest: beside.get(formatSnapshotName(object))?.manifest }
    const finding = await verifyObject(object, level, { ...tools, listed })
    if (!mustLink(object, finding)) await record(recorder, loaded, object, finding)
    return finding
  }
  const concludeAll = async (): Promise<readonly DatasetReport[]> => {
    const reports: DatasetReport[] = []
    for (const loaded of datasets) reports.push(await conclude(loaded, findings, recorder))
    return reports
  }
  try {
    await verifyAll(
      order,
      verifyOne,
      {
        parallel: level === 'head' ? Math.max(parallel, HEADS) : parallel,
        deadline,
        now: Date.now,
      },
      ({ object }, finding) => findings.set(object, finding),
    )
  } catch (error) {
    // what was verified until then is remembered
    addToReport(error, { datasets: verifyJson(await concludeAll()) })
    throw error
  }
  return concludeAll()
}

/** Whether the stream is that of its parent is known when all are verified: see `checkLinks`. */
function mustLink({ parentGuid }: StoredSnapshot, { stream }: Finding): boolean {
  return parentGuid === undefined && stream !== undefined && stream.fromguid !== null
}

async function record(
  recorder: Recorder,
  { context }: LoadedDataset,
  object: StoredSnapshot,
  { result, level }: Finding,
): Promise<void> {
  if (result === 'ok' && level !== 'head') await recorder.verified(context, object, level)
}

/** Link the streams of a dataset, remember what is sound, and put it all together. */
async function conclude(
  loaded: LoadedDataset,
  found: ReadonlyMap<StoredSnapshot, Finding>,
  recorder: Recorder,
): Promise<DatasetReport> {
  const at = Math.floor(Date.now() / 1000)
  const { context, file, local } = loaded
  const findings = checkLinks(loaded, found)
  const fresh = new Map<string, VerifyRecord>()
  for (const [object, finding] of findings) {
    const { result, level } = finding
    if (result !== 'ok' || level === 'head') continue
    fresh.set(object.key, { identity: identityOf(object), [level]: at })
    if (mustLink(object, finding)) await record(recorder, loaded, object, finding)
  }
  if (fresh.size > 0) {
    const objects = mergeRecords(local.objects, fresh)
    await writeRecords(file, { ...local, objects }).catch((error: unknown) => {
      context.tell(`what was verified is not remembered: ${String(error)}`)
    })
  }
  return reportOn({ ...loaded, findings, records: mergeRecords(loaded.records, fresh) })
}
