import { setMaxListeners } from 'node:events'
import {
  identityOf,
  mergeRecords,
  noteDataset,
  noteStored,
  openTransfers,
  writeRecords,
  type ContextArguments,
  type VerifyRecord,
} from '@z3/backup'
import { printable, type Io } from '@z3/cli'
import { formatSnapshotName, type StoredSnapshot, type VerifyLevel } from '@z3/core'
import { shareRate } from '../many/run-many.js'
import { checkLinks } from './check-links.js'
import type { LoadedDataset } from './dataset.js'
import { openRecorder, type Recorder } from './recorder.js'
import { hasDoubt, reportOn, type DatasetReport } from './report.js'
import { verifyObject, type Finding } from './verify-object.js'

/** Verifies objects, and remembers what is sound: here, and in the store. */
export interface Verifier {
  /** Verify one object of a dataset. */
  verify(loaded: LoadedDataset, object: StoredSnapshot): Promise<Finding>
  /** Compare the streams of a dataset with those of their parents, and write its records. */
  conclude(
    loaded: LoadedDataset,
    findings: ReadonlyMap<StoredSnapshot, Finding>,
  ): Promise<DatasetReport>
}

/** How objects are verified. */
export interface VerifierOptions {
  readonly args: ContextArguments & {
    readonly progress?: string | undefined
    /** The report lists objects that are skipped, too: there may be a million. */
    readonly json?: boolean | undefined
  }
  readonly level: VerifyLevel
  readonly parallel: number
}

export function openVerifier({ args, level, parallel }: VerifierOptions, io: Io): Verifier {
  const note = (line: string): void => {
    if (!args.quiet) io.stderr.write(`z3: ${printable(line)}\n`)
  }
  // every request listens, and Node warns of more than ten
  const signal = AbortSignal.any([io.signal])
  setMaxListeners(0, signal)
  const recorder = openRecorder(note, signal)
  return {
    verify: async (loaded, object) => {
      signal.throwIfAborted()
      const { context, beside, confirmed, local } = loaded
      const { store, config, env } = context
      // what z3-get could not compare is checked in the stream
      const shared = shareRate(config, parallel)
      const silent = { ...context, config: shared, say: () => undefined }
      const { key } = object
      const finding = await verifyObject(object, level, {
        store,
        config: shared,
        configFile: args.config,
        env,
        transfers: openTransfers(args, io, silent, [object.bytes]),
        note,
        signal,
        listed: beside && { manifest: beside.get(formatSnapshotName(object))?.manifest },
        confirmed: confirmed.has(key) ? { nonce: confirmed.get(key) } : undefined,
        compared: local.objects.get(key)?.compared,
      })
      if (!mustLink(object, finding)) await record(recorder, loaded, object, finding)
      return finding
    },
    conclude: (loaded, findings) => conclude(loaded, findings, recorder, args.json === true),
  }
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
  listSkipped: boolean,
): Promise<DatasetReport> {
  const at = Math.floor(Date.now() / 1000)
  const { context, file, local } = loaded
  const findings = checkLinks(loaded, found)
  const fresh = new Map<string, VerifyRecord>()
  for (const [object, finding] of findings) {
    const { result, level, compared } = finding
    if (result !== 'ok') continue
    fresh.set(object.key, { identity: identityOf(object), [level]: at, compared })
    if (mustLink(object, finding)) await record(recorder, loaded, object, finding)
  }
  if (fresh.size > 0) {
    const objects = mergeRecords(local.objects, fresh)
    await writeRecords(file, { ...local, objects }).catch((error: unknown) => {
      context.tell(`what was verified is not remembered: ${String(error)}`)
    })
  }
  const records = mergeRecords(loaded.records, fresh)
  const report = reportOn({ ...loaded, findings, records }, listSkipped)
  if (!hasDoubt(report)) {
    noteStored(context, loaded.stored)
    if (fresh.size > 0) noteDataset(context, { verified: at })
  }
  return report
}
