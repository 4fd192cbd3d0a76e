import { openStoreOf, outgoingFilters, type OpenStore } from '@z3/backup'
import { checkUploads, untilAborted } from '@z3/cli'
import { formatSnapshotName, OF_WHOLE_STORE, Z3Error, type ErrorCode } from '@z3/core'
import type { SelectedDatasets } from '../datasets.js'
import type { BucketTarget } from '../options/buckets.js'
import type { Needs } from '../replicate/needs.js'
import { notTried, skippedLine } from '../replicate/replicate-all.js'
import { attemptDataset, type DatasetReport, type TargetReport } from '../report.js'
import { thinSource } from '../thin.js'
import type { World } from '../world.js'
import { backUpToBucket } from './back-up-to-bucket.js'

/** A target bucket, or why it cannot be used. */
export interface OpenedBucket {
  readonly target: BucketTarget
  readonly label: string
  readonly store: OpenStore | undefined
  readonly error: Z3Error | undefined
}

/**
 * Open all buckets and check that each responds, before anything is changed. An unreachable bucket
 * does not prevent snapshots.
 *
 * @param datasets whose configuration sections are checked
 * @param pools number of targets before them
 * @throws Z3Error `config`, `usage`
 */
export async function openBuckets(
  datasets: readonly string[],
  pools: number,
  world: World,
): Promise<readonly OpenedBucket[]> {
  const { buckets } = world.options
  const several = pools + buckets.length > 1
  const opened: OpenedBucket[] = []
  for (const [index, target] of buckets.entries()) {
    const label = several ? `[Target ${String(pools + index + 1)}]` : '[Target]'
    const store = await openBucket(target, world)
    for (const name of datasets) outgoingFilters(store.contextOf(name).config)
    checkUploads(store.config, datasets)
    try {
      await look(store, world.signal)
      opened.push({ target, label, store, error: undefined })
    } catch (error) {
      store.store.close()
      world.signal.throwIfAborted()
      if (!(error instanceof Z3Error)) throw error
      opened.push({ target, label, store: undefined, error })
    }
  }
  return opened
}

function openBucket({ bucket, prefix }: BucketTarget, world: World): Promise<OpenStore> {
  const { configFile, keepForBuckets } = world.options
  const flags = { bucket, 's3-prefix': prefix, 'keep-common': keepForBuckets, config: configFile }
  return openStoreOf(flags, world.io, 'z3-autobackup')
}

/** @throws Z3Error of a store that does not respond or cannot be listed */
async function look({ store, config }: OpenStore, signal: AbortSignal): Promise<void> {
  const listing = untilAborted(signal, store.list(config.settings.S3_PREFIX, signal))
  const first = listing[Symbol.asyncIterator]()
  await first.next()
  await first.return(undefined)
}

/**
 * Until a bucket has been processed, or if it fails, it may need any snapshot, since its content is
 * unknown.
 */
export function announceNeeds(
  buckets: readonly OpenedBucket[],
  source: SelectedDatasets,
  needs: Needs,
): void {
  for (const { target, store } of buckets) {
    if (!store) needs.addUnknown()
    else for (const name of source.names) needs.put(name, target, 'all')
  }
}

/**
 * Bring one bucket after the other up to date.
 *
 * @throws Z3Error if the only target cannot be used
 */
export async function backUpToBuckets(
  source: SelectedDatasets,
  buckets: readonly OpenedBucket[],
  needs: Needs,
  world: World,
): Promise<readonly TargetReport[]> {
  const { options, log } = world
  const reports: TargetReport[] = []
  for (const bucket of buckets) {
    const { target, error, store } = bucket
    const place = { place: undefined, url: target.url }
    if (error) {
      if (options.targets.length + buckets.length === 1) throw error
      log.error(`${target.url}: ${error.message}`, error.hint)
      const datasets = source.names.map((name) => notTried(name, undefined, error))
      reports.push({ ...place, error, datasets })
    }
    if (!store) continue
    log.title(options.send ? 'Uploading and thinning' : 'Thinning')
    reports.push({
      ...place,
      datasets: await backUpAll(source, { ...bucket, store }, needs, world),
    })
  }
  return reports
}

/** Errors after which the other datasets would fail the same way, each after some time. */
const OF_ALL: readonly ErrorCode[] = [...OF_WHOLE_STORE, 'ssh-failed']

async function backUpAll(
  source: SelectedDatasets,
  bucket: OpenedBucket & { readonly store: OpenStore },
  needs: Needs,
  world: World,
): Promise<readonly DatasetReport[]> {
  const { target, label, store } = bucket
  const reports: DatasetReport[] = []
  for (const [index, name] of source.names.entries()) {
    const to = `${store.contextOf(name).place.prefix}${name}`
    const title = `${source.side.label} ${name}`
    const names = { source: name, target: to }
    const { report, failure } = await attemptDataset(world, title, names, async (outcome) => {
      const needed = await backUpToBucket({ name, label, store, source, world, outcome })
      needs.put(name, target, new Set(needed.map(formatSnapshotName)))
      await thinSource(source, name, world, outcome, (one) => needs.isNeeded(one))
    })
    reports.push(report)
    if (!failure || !OF_ALL.includes(failure.code)) continue
    const left = source.names.slice(index + 1)
    if (left.length > 0) world.log.error(skippedLine(left.length))
    return [...reports, ...left.map((one) => notTried(one, undefined, failure))]
  }
  return reports
}
