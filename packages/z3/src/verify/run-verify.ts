import { verifiedAt, type Context } from '@z3/backup'
import { addToReport, type Io } from '@z3/cli'
import { planVerify, type StoredSnapshot } from '@z3/core'
import { listDataset, loadDataset, type ListedDataset, type LoadedDataset } from './dataset.js'
import { reportSkipped, verifyJson, type DatasetReport } from './report.js'
import type { VerifyTarget } from './targets.js'
import { openVerifier, type Verifier, type VerifierOptions } from './verifier.js'
import { verifyAll, type Bounds } from './verify-all.js'
import type { Finding } from './verify-object.js'

/** HEAD requests in parallel, at least. */
const HEADS = 16

/** Datasets are loaded together until they have so many objects: that bounds the memory. */
const OBJECTS_AT_ONCE = 10_000

/** What is verified, and how. */
export interface VerifyRun extends VerifierOptions {
  readonly args: VerifierOptions['args'] & { readonly all?: boolean | undefined }
  /** Of the objects: above 0, at most 1. */
  readonly share: number
  /** Skip objects that were verified since, epoch seconds; undefined: none. */
  readonly before: number | undefined
  /** Milliseconds since the epoch. */
  readonly deadline: number | undefined
}

/** The datasets, and how each is opened. */
interface Datasets {
  readonly targets: readonly VerifyTarget[]
  readonly contextOf: (target: VerifyTarget) => Context
  readonly signal: AbortSignal
}

/** A dataset, and what was found of its objects so far. */
interface Opened {
  readonly loaded: LoadedDataset
  readonly findings: Map<StoredSnapshot, Finding>
  readonly byKey: ReadonlyMap<string, StoredSnapshot>
}

async function openDataset(
  context: Context,
  target: VerifyTarget,
  signal: AbortSignal,
): Promise<Opened> {
  const loaded = await loadDataset(context, target, signal)
  const byKey = new Map(loaded.wanted.map((object) => [object.key, object]))
  return { loaded, findings: new Map(), byKey }
}

/**
 * Verify the objects of datasets, the least recently verified first, and remember what is
 * sound: here, and in the store.
 *
 * @throws what keeps all objects from being verified, with the reports until then
 */
export async function runVerify(
  targets: readonly VerifyTarget[],
  contextOf: Datasets['contextOf'],
  run: VerifyRun,
  io: Io,
): Promise<readonly DatasetReport[]> {
  const datasets = { targets, contextOf, signal: io.signal }
  const verifier = openVerifier(run, io)
  const isLimited = run.share < 1 || run.deadline !== undefined
  return isLimited ? verifyChosen(datasets, run, verifier) : verifyEach(datasets, run, verifier)
}

function boundsOf({ level, parallel, deadline }: VerifyRun): Bounds {
  const atOnce = level === 'head' ? Math.max(parallel, HEADS) : parallel
  return { parallel: atOnce, deadline, now: Date.now }
}

/** Verify all objects, a few datasets at a time. */
async function verifyEach(
  { targets, contextOf, signal }: Datasets,
  run: VerifyRun,
  verifier: Verifier,
): Promise<readonly DatasetReport[]> {
  const { level, before } = run
  const open = (target: VerifyTarget) => openDataset(contextOf(target), target, signal)
  const known = new Map<VerifyTarget, Opened>()
  // a wrong name is reported before anything is verified
  if (!run.args.all) for (const target of targets) known.set(target, await open(target))
  const reports: DatasetReport[] = []
  let group: Opened[] = []
  const concludeGroup = async (): Promise<void> => {
    for (const { loaded, findings } of group) {
      reports.push(await verifier.conclude(loaded, findings))
    }
    group = []
  }
  const verifyGroup = async (): Promise<void> => {
    const all = group.flatMap((opened) =>
      opened.loaded.wanted.map((object) => ({ opened, object })),
    )
    const last = ({ opened, object }: (typeof all)[number]): number | undefined =>
      verifiedAt(object, opened.loaded.records, level)
    await verifyAll(
      planVerify(all, last, 1, before),
      async ({ opened: { loaded, findings }, object }) => {
        findings.set(object, await verifier.verify(loaded, object))
      },
      boundsOf(run),
    )
    await concludeGroup()
  }
  try {
    for (const target of targets) {
      group.push(known.get(target) ?? (await open(target)))
      known.delete(target)
      const objects = group.reduce((sum, { loaded }) => sum + loaded.wanted.length, 0)
      if (objects >= OBJECTS_AT_ONCE) await verifyGroup()
    }
    await verifyGroup()
  } catch (error) {
    // what was verified until then is remembered
    await concludeGroup()
    addToReport(error, { datasets: verifyJson(reports) })
    throw error
  }
  return reports
}

/**
 * Choose objects from the listings alone, and load only the datasets that have one: the work of
 * a sample depends on its size.
 */
async function verifyChosen(
  { targets, contextOf, signal }: Datasets,
  run: VerifyRun,
  verifier: Verifier,
): Promise<readonly DatasetReport[]> {
  const { level, share, before } = run
  const listed = new Map<VerifyTarget, ListedDataset>()
  const opened = new Map<VerifyTarget, Promise<Opened>>()
  const open = async (target: VerifyTarget): Promise<Opened> => {
    try {
      return await openDataset(contextOf(target), target, signal)
    } catch (error) {
      opened.delete(target)
      throw error
    }
  }
  for (const target of targets) {
    if (target.snapshots.length === 0) {
      listed.set(target, await listDataset(contextOf(target), signal))
      continue
    }
    // the metadata name the chain of a snapshot
    const one = await open(target)
    const { wanted, records } = one.loaded
    listed.set(target, { objects: wanted, records })
    opened.set(target, Promise.resolve(one))
  }
  const all = [...listed].flatMap(([target, { objects, records }]) =>
    objects.map((object) => ({ target, object, records })),
  )
  const order = planVerify(
    all,
    ({ object, records }) => verifiedAt(object, records, level),
    share,
    before,
  )
  const concludeAll = async (): Promise<readonly DatasetReport[]> => {
    const reports: DatasetReport[] = []
    for (const [target, dataset] of listed) {
      const one = await opened.get(target)
      reports.push(
        one
          ? await verifier.conclude(one.loaded, one.findings)
          : reportSkipped(target.dataset, dataset),
      )
    }
    return reports
  }
  try {
    await verifyAll(
      order,
      async ({ target, object: { key } }) => {
        const opening = opened.get(target) ?? open(target)
        opened.set(target, opening)
        const { loaded, findings, byKey } = await opening
        const object = byKey.get(key)
        // undefined: deleted since it was listed; the health of its children says whether it is missed
        if (object) findings.set(object, await verifier.verify(loaded, object))
      },
      boundsOf(run),
    )
  } catch (error) {
    // what was verified until then is remembered
    addToReport(error, { datasets: verifyJson(await concludeAll()) })
    throw error
  }
  return concludeAll()
}
