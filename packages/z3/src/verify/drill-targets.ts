import type { Context } from '@z3/backup'
import { addToReport, withLock, type Io } from '@z3/cli'
import { localHost, runZfs, zfsPath } from '@z3/zfs'
import { drillJson, reportDrill } from './drill-report.js'
import { drill, type Drill, type DrillResult } from './drill.js'
import { checkScratch } from './scratch.js'
import type { VerifyTarget } from './targets.js'

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
 * Restore snapshots one after the other into a dataset that is destroyed again.
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
  const wanted = (await find()).flatMap(({ snapshots, ...target }) =>
    (snapshots.length === 0 ? [undefined] : snapshots).map((snapshot) => ({ target, snapshot })),
  )
  const results: DrillResult[] = []
  const drillOne = async ({ target, snapshot }: (typeof wanted)[number]): Promise<void> => {
    const context = await open(target)
    try {
      const subject = { dataset: name, destination: context.destination }
      await withLock(subject, io.signal, context.say, async (signal) => {
        const host = localHost({ env: context.env, signal })
        const scratch = await checkScratch(host.run, name)
        results.push(await drill({ args, io, context, snapshot, scratch, host, signal }))
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
