import { verifiedAt, type Context } from '@z3/backup'
import { addToReport, type Io } from '@z3/cli'
import { planVerify, type StoredSnapshot } from '@z3/core'
import { loadDataset, type LoadedDataset } from './dataset.js'
import { verifyJson, type DatasetReport } from './report.js'
import type { VerifyTarget } from './targets.js'
import { openVerifier, type Verifier, type VerifierOptions } from './verifier.js'
import { OBJECTS_AT_ONCE, verifyAll, type Bounds } from './verify-all.js'
import { verifyChosen } from './verify-chosen.js'
import type { Finding } from './verify-object.js'
import { VerifyStatus } from './verify-status.js'

/** HEAD requests in parallel, at least. */
const HEADS = 16

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
  readonly status: VerifyStatus | undefined
}

/** A dataset, and what was found of its objects so far. */
interface Opened {
  readonly loaded: LoadedDataset
  readonly findings: Map<StoredSnapshot, Finding>
}

async function openDataset(
  context: Context,
  target: VerifyTarget,
  signal: AbortSignal,
): Promise<Opened> {
  const loaded = await loadDataset(context, target, signal)
  return { loaded, findings: new Map() }
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
  const { signal } = io
  const status = io.status && new VerifyStatus(io.status)
  const verifier = openVerifier(run, { ...io, status })
  const isLimited = run.share < 1 || run.deadline !== undefined
  if (!isLimited) return verifyEach({ targets, contextOf, signal, status }, run, verifier)
  const { level, share, before, args } = run
  const listSkipped = args.json === true
  const bounds = boundsOf(run)
  return verifyChosen({
    targets,
    contextOf,
    verifier,
    level,
    share,
    before,
    listSkipped,
    bounds,
    status,
    signal,
  })
}

function boundsOf({ level, parallel, deadline }: VerifyRun): Bounds {
  const atOnce = level === 'head' ? Math.max(parallel, HEADS) : parallel
  return { parallel: atOnce, deadline, now: Date.now }
}

/** Verify all objects, a few datasets at a time. */
async function verifyEach(
  { targets, contextOf, signal, status }: Datasets,
  run: VerifyRun,
  verifier: Verifier,
): Promise<readonly DatasetReport[]> {
  const { level, before } = run
  const open = (target: VerifyTarget) => {
    status?.list(target.dataset)
    return openDataset(contextOf(target), target, signal)
  }
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
  const verifyGroup = async (isLast: boolean): Promise<void> => {
    const all = group.flatMap((opened) =>
      opened.loaded.wanted.map((object) => ({ opened, object })),
    )
    const last = ({ opened, object }: (typeof all)[number]): number | undefined =>
      verifiedAt(object, opened.loaded.records, level)
    const chosen = planVerify(all, last, 1, before)
    status?.expect(chosen.length, isLast)
    await verifyAll(
      chosen,
      async ({ opened: { loaded, findings }, object }) => {
        findings.set(object, await verifier.verify(loaded, object))
        status?.count()
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
      if (objects >= OBJECTS_AT_ONCE) await verifyGroup(target === targets.at(-1))
    }
    await verifyGroup(true)
  } catch (error) {
    // what was verified until then is remembered
    await concludeGroup()
    addToReport(error, { datasets: verifyJson(reports) })
    throw error
  }
  return reports
}
