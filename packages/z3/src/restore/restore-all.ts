import {
  listDatasets,
  noBackups,
  notStored,
  openStoreOf,
  type ContextArguments,
  type OpenStore,
} from '@z3/backup'
import { withLock, type Io } from '@z3/cli'
import { checkDatasetName, isWithin, Z3Error } from '@z3/core'
import { renderCommand } from '@z3/pipeline'
import { ifThere, listSnapshots, localHost, missingAbove, type Run } from '@z3/zfs'
import { manyJson, runMany, shareOf, summaryLine, worstStatus } from '../many/run-many.js'
import { planDataset } from './plan-dataset.js'
import { restoreDataset, type RestoreOptions } from './restore-dataset.js'
import { thawAll } from '../thaw/thaw-all.js'
import { checkThaws, type Thaw } from '../thaw/thaw-options.js'
import type { Sleep } from '../thaw/wait-thawed.js'

/** The command line of `z3 restore --all`. */
type RestoreAllArguments = ContextArguments &
  RestoreOptions & {
    readonly operands: readonly string[]
    readonly into?: string | undefined
    readonly debug?: boolean | undefined
  }

/** A dataset of the store, and where it goes. */
interface Placed {
  readonly dataset: string
  readonly into: string
}

/**
 * Restore the newest snapshot of all datasets under S3_PREFIX, or of those that the operands
 * name and their descendants: several at once, each after the nearest dataset above it.
 * A second run continues, and leaves complete datasets as they are.
 *
 * @param received words for zfs receive
 * @param thaw undefined: archived objects are an error
 * @param sleep for tests: waits while objects are thawed
 * @returns the exit status
 * @throws Z3Error `usage`, `config`, `no-such-dataset`, and those of the store
 */
export async function restoreAll(
  args: RestoreAllArguments,
  received: readonly string[],
  io: Io,
  thaw?: Thaw,
  sleep?: Sleep,
): Promise<number> {
  args.operands.forEach(checkDatasetName)
  const open = await openStoreOf(args, io)
  const { config, store, env, say } = open
  const dryRun = args['dry-run'] === true
  try {
    checkThaws(store, thaw)
    const { S3_PREFIX: prefix, PARALLEL } = config.settings
    const placed = choose(await listDatasets(store, prefix, io.signal), args, open)
    const parallel = dryRun ? 1 : Math.min(PARALLEL, placed.length)
    // what is wrong with the configuration of one is known before the first begins
    const jobs = placed.map((one) => {
      const context = open.contextOf(one.dataset)
      const place = { ...context.place, prefix }
      return { ...one, context: { ...context, place, config: shareOf(context.config, parallel) } }
    })
    const zfs = localHost({ env, signal: io.signal }).run
    if (thaw && !dryRun) {
      const { signal } = io
      const common = { snapshot: undefined, makesParents: true, force: args.force === true }
      const restores = jobs.map((job) => ({
        context: job.context,
        plan: async () => {
          const quiet = { ...job.context, say: () => undefined, tell: () => undefined }
          const request = { ...common, ...job, context: quiet, zfs, signal }
          return (await planDataset(request)).plan.steps
        },
      }))
      await thawAll(restores, thaw, signal)
    }
    const progress = args.progress ?? (args.quiet ? 'none' : 'auto')
    const ends = new Map<string, Promise<unknown>>()
    const planned = new Set<string>()
    const restoreOne = async (
      { dataset, into, context }: (typeof jobs)[number],
      onReceived: (name: string) => void,
    ): Promise<void> => {
      const above = nearestAbove(into, placed)
      if (above !== undefined) await checkRestored(above, ends, zfs, dataset)
      if (dryRun) {
        const missing = await missingAbove(zfs, into)
        for (const parent of missing.filter((name) => !planned.has(name))) {
          const args = ['create', '-o', 'canmount=off', parent]
          io.stdout.write(`${renderCommand({ file: 'zfs', args })}\n`)
          planned.add(parent)
        }
        planned.add(into)
      }
      const work = (signal: AbortSignal) =>
        restoreDataset({
          args: parallel > 1 ? { ...args, progress, quiet: true } : args,
          io,
          context,
          into,
          snapshot: undefined,
          received,
          makesParents: true,
          onReceived,
          thaw,
          sleep,
          host: localHost({ env, signal }),
          signal,
        })
      const { destination } = context
      await (dryRun
        ? work(io.signal)
        : withLock({ dataset: into, destination }, io.signal, say, work))
    }
    const results = await runMany<(typeof jobs)[number], string>(
      jobs,
      { io, parallel, debug: args.debug === true },
      (job, onReceived) => {
        const end = restoreOne(job, (name) => {
          onReceived(name)
          if (parallel > 1 && !args.quiet && !args.json) io.stdout.write(`restored ${name}\n`)
        })
        ends.set(job.into, end)
        return end
      },
    )
    if (args.json && !dryRun) io.stdout.write(`${JSON.stringify(manyJson(results))}\n`)
    else if (!dryRun) say(summaryLine(results, 'restored'))
    return worstStatus(results)
  } finally {
    store.close()
  }
}

/**
 * The datasets to restore, sorted by name, so that each comes after those above it.
 *
 * @throws Z3Error `no-such-dataset`
 */
function choose(
  found: readonly string[],
  { operands, into }: RestoreAllArguments,
  { store, config }: OpenStore,
): readonly Placed[] {
  const { S3_PREFIX: prefix } = config.settings
  if (found.length === 0) throw noBackups(store, prefix)
  for (const operand of operands) {
    if (found.some((dataset) => isWithin(dataset, operand))) continue
    throw notStored(operand, store, prefix)
  }
  return found
    .filter((name) => operands.length === 0 || operands.some((one) => isWithin(name, one)))
    .toSorted()
    .map((dataset) => ({ dataset, into: into === undefined ? dataset : `${into}/${dataset}` }))
}

/** The nearest dataset above another that is restored, too. */
function nearestAbove(into: string, placed: readonly Placed[]): string | undefined {
  return placed
    .map((one) => one.into)
    .filter((name) => name !== into && isWithin(into, name))
    .reduce<string | undefined>(
      (a, b) => (a !== undefined && a.length > b.length ? a : b),
      undefined,
    )
}

/**
 * Wait for the restore of a dataset above: one that failed must not be replaced by an empty
 * parent, which would be in the way of the next run.
 *
 * @throws Z3Error `no-such-dataset`
 */
async function checkRestored(
  above: string,
  ends: ReadonlyMap<string, Promise<unknown>>,
  zfs: Run,
  dataset: string,
): Promise<void> {
  try {
    await ends.get(above)
  } catch {
    // its own error has been reported
    if (await ifThere(listSnapshots(zfs, above))) return
    throw new Z3Error('no-such-dataset', `${dataset} was not restored, since ${above} was not`, {
      hint: 'Run the command again once the dataset above can be restored.',
    })
  }
}
