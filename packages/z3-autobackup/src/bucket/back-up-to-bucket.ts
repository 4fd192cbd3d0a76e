import { backUpDataset, launch, outgoingFilters, type OpenStore } from '@z3/backup'
import { withLock } from '@z3/cli'
import { formatSnapshotName, type SendFlag } from '@z3/core'
import { createTransfers, renderPipeline } from '@z3/pipeline'
import { chooseLine, type Dataset, type Outcome } from '@z3/replicate'
import { localHost, type SnapshotFacts } from '@z3/zfs'
import { datasetOf, type SelectedDatasets } from '../datasets.js'
import type { AutobackupOptions } from '../options/options.js'
import type { World } from '../world.js'
import { bucketSchedule, thinBucket } from './thin-bucket.js'

/** A dataset to store in a bucket. */
export interface BucketRequest {
  readonly name: string
  /** Prefix of messages: `[Target]`. */
  readonly label: string
  readonly store: OpenStore
  readonly source: SelectedDatasets
  readonly world: World
  readonly outcome: Outcome
}

/**
 * Store what a bucket lacks of a dataset, in z3's way, and thin it there, under z3's lock.
 *
 * @returns the snapshots of the source that the bucket still needs: those that were not uploaded,
 *   and the parent of the next increment unless a bookmark can replace it
 * @throws Z3Error
 */
export async function backUpToBucket(request: BucketRequest): Promise<readonly SnapshotFacts[]> {
  const { name, label, store, source, world, outcome } = request
  const { options, log, transfersOptions } = world
  const dataset = datasetOf(source, name)
  const only = wantedNames(name, options)
  if (!dataset.snapshots.some(({ snapshot }) => only(snapshot))) {
    log.verbose(`${label} ${name}: no snapshots to store`)
    return []
  }
  const context = {
    ...store.contextOf(name),
    say: (line: string) => {
      log.note(`${label} ${line}`)
    },
    tell: (line: string) => {
      log.debug(`${label} ${line}`)
    },
  }
  const { config, place, env, destination } = context
  const filters = outgoingFilters(config)
  const isSent = options.send && !options.test
  const here = localHost({ env, signal: world.signal })
  const work = async (signal: AbortSignal) => {
    const base = await backUpDataset({
      ...{ context, filters, signal },
      pool: source.side,
      wanted: {
        ...{ prefix: '', only, upTo: undefined, mode: 'incremental', onLoss: 'refuse' },
        ...{ first: 'oldest', mayClear: false, requested: requestedFlags(dataset, options) },
        schedule: bucketSchedule(config, options),
      },
      readVersions: () => Promise.resolve(dataset),
      estimates: isSent,
      configFile: options.configFile,
      openTransfers: () =>
        transfersOptions && isSent
          ? createTransfers({ ...transfersOptions, launch }, undefined)
          : undefined,
      line: () => chooseLine(options.line, { source: source.side.host, target: here, here }),
      isPlanOnly: !options.send,
      keepsMarks: options.keepTarget === undefined,
      onBegin: ({ name: object, base }) => {
        const what = base ? 'uploading incremental' : 'uploading full'
        log.verbose(`${label} ${place.prefix}${object}: ${what}`)
      },
      onStream: (commands) => {
        log.debug(renderPipeline(commands))
      },
      onStored: ({ key }) => {
        outcome.received.push(key)
      },
    })
    await thinBucket({ context, label, world, outcome, signal })
    return base
  }
  const { common, isMarked, pending } = options.test
    ? await work(world.signal)
    : await withLock({ dataset: name, destination }, world.signal, context.say, work)
  // --test: as if all that was shown had been sent
  const sent = options.send ? pending.at(-1) : undefined
  const isKept = sent ? config.settings.KEEP_COMMON !== 'bookmark' : !isMarked
  const base = sent ?? common
  const needed = new Set([
    ...(options.send ? [] : pending.map(({ guid }) => guid)),
    ...(base && isKept ? [base.guid] : []),
  ])
  return dataset.snapshots.filter(({ guid }) => needed.has(guid))
}

/**
 * Which snapshots are stored, by what follows the `@`: ours, or all, without what is excluded.
 * Asked of those at the source, and of those in the bucket that the source no longer has.
 */
function wantedNames(
  dataset: string,
  { names, policy, exclude }: AutobackupOptions,
): (snapshot: string) => boolean {
  return (snapshot) =>
    (policy.versions === 'all' || names.isOurs(snapshot)) &&
    !exclude.some((pattern) => pattern.test(formatSnapshotName({ dataset, snapshot })))
}

/**
 * Flags of zfs send for a new chain: an encrypted dataset is sent raw unless --decrypt is given;
 * others only on request, since the pool that will receive it is unknown.
 */
function requestedFlags(
  { properties: { encryption = 'off' } }: Dataset,
  { raw, decrypt, compressed, sendFlags = [] }: AutobackupOptions,
): readonly SendFlag[] {
  return [
    ...(raw || (encryption !== 'off' && !decrypt) ? (['w'] as const) : []),
    ...sendFlags,
    ...(compressed && !sendFlags.includes('c') ? (['c'] as const) : []),
  ]
}
