import { untilAborted } from '@z3/cli'
import {
  encryptionOf,
  formatSnapshotName,
  parseAge,
  parseContinuationKey,
  parseSchedule,
  mayBeBase,
  planBackup,
  type BackupPlan,
  type BackupRequest,
  type Bookmark,
  type LocalSnapshot,
  type Retention,
  type Schedule,
  type StoredSnapshot,
} from '@z3/core'
import { checkPrograms } from '@z3/pipeline'
import type { UploadStep } from '@z3/replicate'
import { estimateSend, type Run } from '@z3/zfs'
import type { Context } from './context.js'
import type { Filters } from './filters.js'
import { noteDataset, noteStored } from './note-facts.js'
import { loadStored } from './store/load-stored.js'
import type { MetadataCache } from './store/metadata-cache.js'

/** Which snapshots of a dataset are to be stored, and how. */
export interface Wanted extends Pick<
  BackupRequest,
  'mode' | 'onLoss' | 'first' | 'upTo' | 'requested' | 'prefix' | 'only'
> {
  /** It was said that what was encrypted before may be stored in clear. */
  readonly mayClear: boolean
  /** How parents are chosen where RETENTION is not set; undefined: each from the one before. */
  readonly schedule?: Schedule | undefined
}

/** What the source has of the dataset. */
export interface Versions {
  /** The oldest first. */
  readonly snapshots: readonly LocalSnapshot[]
  readonly bookmarks: readonly Bookmark[]
}

/** All that can be known of a backup before the first byte is sent. */
export interface PreparedBackup extends Pick<BackupPlan, 'common'> {
  readonly steps: readonly UploadStep[]
}

/** A plan, and what the store may still need of the source. */
export interface DatasetPlan extends BackupPlan {
  /** Whether an increment may still start from a bookmark of the source. */
  readonly isBase: (mark: Bookmark) => boolean
  /** All objects of the dataset. */
  readonly stored: readonly StoredSnapshot[]
  /** With the metadata of these objects. */
  readonly cache: MetadataCache
}

/**
 * Plan the backup of one dataset; what the plan notes is said.
 *
 * @param readVersions of the source, while the store is listed
 * @throws Z3Error as planBackup does, and of zfs and the store
 */
export async function planDataset(
  context: Context,
  wanted: Wanted,
  filters: Filters,
  readVersions: () => Promise<Versions>,
  signal: AbortSignal,
): Promise<DatasetPlan> {
  const { config, dataset, env, place, say, tell } = context
  const [{ snapshots: local, bookmarks }, stored] = await Promise.all([
    readVersions(),
    loadStored(place, env, signal, tell),
  ])
  noteStored(context, stored.snapshots)
  const request = {
    ...wanted,
    ...{ dataset, local, bookmarks },
    stored: stored.snapshots,
    encrypts: encryptionOf(filters) !== undefined,
    retention: retentionOf(config, wanted.schedule),
  }
  const plan = planBackup(request)
  for (const note of plan.notes) say(note)
  for (const key of stored.foreign) {
    if (parseContinuationKey(key)) say(`'${key}' was left by an interrupted upload; see z3 cleanup`)
  }
  const isKnown = stored.vanished.length === 0
  return {
    ...plan,
    isBase: (mark) => !isKnown || mayBeBase(mark, request, plan),
    stored: stored.snapshots,
    cache: stored.cache,
  }
}

/** @returns undefined: each snapshot builds on the one before */
function retentionOf(
  { settings }: Context['config'],
  fallback: Schedule | undefined,
): Retention | undefined {
  const { RETENTION: text, FULL_EVERY: fullEvery } = settings
  const schedule = text === undefined ? fallback : parseSchedule(text, 'RETENTION')
  return schedule && { schedule, fullEvery: parseAge(fullEvery, 'FULL_EVERY') }
}

/**
 * The steps of a plan with the estimated sizes of their streams.
 *
 * @param zfs asked for the sizes; undefined: they are not asked for
 * @throws Z3Error of zfs; `program-missing`
 */
export async function prepareSteps(
  { steps, common }: BackupPlan,
  { env, say }: Context,
  filters: Filters,
  zfs: Run | undefined,
): Promise<PreparedBackup> {
  if (steps.length > 0) checkPrograms(filters.commands, env)
  const prepared: UploadStep[] = []
  for (const step of steps) {
    const { snapshot, base, storedAs, sendFlags: flags } = step
    const name = formatSnapshotName({ ...snapshot, snapshot: storedAs })
    const size = zfs && (await estimateSend(zfs, { snapshot, base, flags }))
    prepared.push({ ...step, name, size })
  }
  if (zfs && prepared.some(({ size }) => size === undefined)) {
    say('this zfs cannot estimate stream sizes: backups are stored without an estimate')
  }
  return { common, steps: prepared }
}

/** What dead runs have left costs money and cannot be seen: say that it is there. */
export async function reportPendingUploads(context: Context, signal: AbortSignal): Promise<void> {
  const {
    place: { store, prefix, dataset },
    say,
    tell,
  } = context
  let pending = 0
  try {
    const uploads = store.listUploads(`${prefix}${dataset}@`, signal)
    for await (const { key } of untilAborted(signal, uploads)) {
      tell(`pending upload: ${key}`)
      pending += 1
    }
    noteDataset(context, { pendingUploads: pending })
  } catch (error) {
    signal.throwIfAborted()
    // a backup does not need the permission to list them
    const why = error instanceof Error ? error.message : String(error)
    tell(`cannot list pending uploads: ${why}`)
  }
  if (pending > 0) {
    say(
      `${String(pending)} unfinished ${pending === 1 ? 'upload' : 'uploads'} of ${dataset} ${pending === 1 ? 'is' : 'are'} pending, left by interrupted runs or used by runs on other hosts; see z3 cleanup`,
    )
  }
}
