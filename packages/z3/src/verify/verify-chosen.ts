import { verifiedAt, type Context } from '@z3/backup'
import { addToReport } from '@z3/cli'
import { planVerify, type StoredSnapshot, type VerifyLevel } from '@z3/core'
import { listDataset, loadDataset, type LoadedDataset } from './dataset.js'
import { reportSkipped, verifyJson, type DatasetReport } from './report.js'
import type { VerifyTarget } from './targets.js'
import { OBJECTS_AT_ONCE, verifyAll, type Bounds } from './verify-all.js'
import type { Finding } from './verify-object.js'
import type { Verifier } from './verifier.js'
import type { VerifyStatus } from './verify-status.js'

/** Which objects to choose, and how to verify them. */
export interface ChosenRun {
  readonly targets: readonly VerifyTarget[]
  readonly contextOf: (target: VerifyTarget) => Context
  readonly verifier: Verifier
  readonly level: VerifyLevel
  /** Of the objects: above 0, at most 1. */
  readonly share: number
  /** Skip objects that were verified since, epoch seconds; undefined: none. */
  readonly before: number | undefined
  /** Reports list skipped objects, too. */
  readonly listSkipped: boolean
  readonly bounds: Bounds
  readonly status: VerifyStatus | undefined
  readonly signal: AbortSignal
}

/** An object that may be chosen. Small: there may be a million. */
interface Candidate {
  readonly target: VerifyTarget
  readonly key: string
  /** When it was last verified, epoch seconds. */
  readonly last: number | undefined
}

/** A dataset that is loaded. */
interface Opened {
  readonly loaded: LoadedDataset
  readonly byKey: ReadonlyMap<string, StoredSnapshot>
}

/** What was found of a dataset so far. */
interface Progress {
  /** Objects. */
  readonly listed: number
  /** By key. */
  readonly found: Map<string, Finding>
  report: DatasetReport
}

/**
 * Choose objects from the listings alone, the least recently verified first, and load only the
 * datasets that have one: the work of a sample depends on its size.
 *
 * @throws what keeps objects from being verified, with the reports until then
 */
export async function verifyChosen(run: ChosenRun): Promise<readonly DatasetReport[]> {
  const progress = new Map<VerifyTarget, Progress>()
  const chosen = await choose(run, progress)
  run.status?.expect(chosen.length, true)
  const reports = (): readonly DatasetReport[] => [...progress.values()].map(({ report }) => report)
  try {
    for (const some of inWindows(chosen, (target) => progress.get(target)?.listed ?? 0)) {
      await verifyWindow(run, some, progress)
    }
  } catch (error) {
    // what was verified until then is remembered
    addToReport(error, { datasets: verifyJson(reports()) })
    throw error
  }
  return reports()
}

/** List the datasets, and choose. */
async function choose(
  { targets, contextOf, level, share, before, listSkipped, bounds, status, signal }: ChosenRun,
  progress: Map<VerifyTarget, Progress>,
): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = []
  for (const target of targets) {
    const context = contextOf(target)
    status?.list(target.dataset)
    // only the metadata name the chain of a snapshot
    const listed =
      target.snapshots.length === 0
        ? await listDataset(context, signal)
        : await loadDataset(context, target, signal).then(({ wanted, records }) => ({
            objects: wanted,
            records,
          }))
    const { objects, records } = listed
    progress.set(target, {
      listed: objects.length,
      found: new Map(),
      report: reportSkipped(target.dataset, listed, listSkipped),
    })
    for (const object of objects) {
      candidates.push({ target, key: object.key, last: verifiedAt(object, records, level) })
    }
  }
  const chosen = planVerify(candidates, ({ last }) => last, share, before)
  if (bounds.deadline !== undefined) return chosen
  // all of them are verified: dataset by dataset, so that each is loaded once
  const order = new Map(targets.map((target, index) => [target, index]))
  const place = ({ target }: Candidate): number => order.get(target) ?? 0
  return chosen.toSorted((a, b) => place(a) - place(b))
}

/** Divide objects, in their order, so that the datasets of each part can be loaded together. */
function* inWindows(
  chosen: readonly Candidate[],
  sizeOf: (target: VerifyTarget) => number,
): Generator<readonly Candidate[]> {
  let some: Candidate[] = []
  let datasets = new Set<VerifyTarget>()
  let objects = 0
  for (const one of chosen) {
    if (!datasets.has(one.target)) {
      if (objects >= OBJECTS_AT_ONCE) {
        yield some
        some = []
        datasets = new Set()
        objects = 0
      }
      datasets.add(one.target)
      objects += sizeOf(one.target)
    }
    some.push(one)
  }
  yield some
}

/** Verify objects, and conclude their datasets. */
async function verifyWindow(
  { contextOf, verifier, bounds, status, signal }: ChosenRun,
  chosen: readonly Candidate[],
  progress: ReadonlyMap<VerifyTarget, Progress>,
): Promise<void> {
  const opened = new Map<VerifyTarget, Promise<Opened>>()
  const open = async (target: VerifyTarget): Promise<Opened> => {
    try {
      const loaded = await loadDataset(contextOf(target), target, signal)
      return { loaded, byKey: new Map(loaded.wanted.map((object) => [object.key, object])) }
    } catch (error) {
      opened.delete(target)
      throw error
    }
  }
  const conclude = async (target: VerifyTarget, { loaded }: Opened): Promise<void> => {
    const its = progress.get(target)
    if (!its) return
    const findings = new Map<StoredSnapshot, Finding>()
    for (const object of loaded.wanted) {
      const finding = its.found.get(object.key)
      if (finding) findings.set(object, finding)
    }
    its.report = await verifier.conclude(loaded, findings)
  }
  try {
    await verifyAll(
      chosen,
      async ({ target, key }) => {
        const opening = opened.get(target) ?? open(target)
        opened.set(target, opening)
        const { loaded, byKey } = await opening
        const object = byKey.get(key)
        // undefined: deleted since it was listed; the health of its children says whether it is missed
        if (object) progress.get(target)?.found.set(key, await verifier.verify(loaded, object))
        status?.count()
      },
      bounds,
    )
  } finally {
    for (const [target, opening] of opened) await conclude(target, await opening)
  }
}
