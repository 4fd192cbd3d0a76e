import type { Context } from '@z3/backup'
import { addToReport, printable, withLock, type Io } from '@z3/cli'
import { planVerify } from '@z3/core'
import { localHost, runZfs, zfsPath } from '@z3/zfs'
import { lastDrilled, recordDrill } from './drill-records.js'
import { drillJson, reportDrill } from './drill-report.js'
import { drill, type Drill, type DrillResult } from './drill.js'
import { openRecorder } from '../recorder.js'
import { checkScratch } from './scratch.js'
import type { VerifyTarget } from '../targets.js'

interface Drills {
  readonly args: Drill['args'] & {
    readonly json?: boolean | undefined
    readonly quiet?: boolean | undefined
  }
  readonly io: Io
  /** Start no further restore then, milliseconds since the epoch. */
  readonly deadline: number | undefined
  readonly find: () => Promise<readonly VerifyTarget[]>
  readonly open: (target: Pick<VerifyTarget, 'dataset' | 'prefix'>) => Promise<Context>
}

/**
 * Restore snapshots one after the other into a dataset that is destroyed again: first of
 * those datasets whose last drill is the longest ago.
 *
 * @param name of that dataset
 * @returns the exit status
 * @throws Z3Error `usage` before anything is read from the store
 */
export async function drillTargets(
  name: string,
  { args, io, deadline, find, open }: Drills,
): Promise<number> {
  const env = { ...io.env, PATH: zfsPath(io.env) }
  const here = runZfs({ env, signal: io.signal })
  await checkScratch(here, name)
  const targets = await inOrder(await find(), open, io.signal)
  const wanted = targets.flatMap(({ snapshots, ...target }) =>
    (snapshots.length === 0 ? [undefined] : snapshots).map((snapshot) => ({ target, snapshot })),
  )
  const recorder = openRecorder((line) => {
    if (!args.quiet) io.stderr.write(`z3: ${printable(line)}\n`)
  }, io.signal)
  const results: DrillResult[] = []
  const drillOne = async ({ target, snapshot }: (typeof wanted)[number]): Promise<void> => {
    const context = await open(target)
    try {
      const subject = { dataset: name, destination: context.destination }
      await withLock(subject, io.signal, context.say, async (signal) => {
        const host = localHost({ env: context.env, signal })
        const scratch = await checkScratch(host.run, name)
        const done = await drill({ args, io, context, snapshot, scratch, host, signal })
        results.push(done)
        if (done.result === 'ok' && done.snapshot !== undefined) {
          await recordDrill(context, done.snapshot, recorder)
        }
      })
    } finally {
      context.store.close()
    }
  }
  try {
    for (const one of wanted) {
      if (deadline !== undefined && Date.now() >= deadline) break
      await drillOne(one)
    }
  } catch (error) {
    addToReport(error, { drill: name, restored: drillJson(results) })
    throw error
  }
  return reportDrill(results, { name, skipped: wanted.length - results.length, args, io })
}

/** The datasets that no drill has restored first, then by the time of the last drill. */
async function inOrder(
  targets: readonly VerifyTarget[],
  open: Drills['open'],
  signal: AbortSignal,
): Promise<readonly VerifyTarget[]> {
  if (targets.length < 2) return targets
  const times = new Map<VerifyTarget, number | undefined>()
  for (const target of targets) {
    const context = await open(target)
    try {
      times.set(target, await lastDrilled(context, signal))
    } finally {
      context.store.close()
    }
  }
  return planVerify(targets, (target) => times.get(target))
}
