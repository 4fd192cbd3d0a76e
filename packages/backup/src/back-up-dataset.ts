import { parseBucket } from '@z3/config'
import type { Bookmark, Command, LocalSnapshot } from '@z3/core'
import type { Transfers } from '@z3/pipeline'
import {
  run,
  StoreEndpoint,
  uploadedBytes,
  uploadedEtag,
  type Line,
  type PoolEndpoint,
  type UploadStep,
} from '@z3/replicate'
import { localHost } from '@z3/zfs'
import { checkParent } from './check-parent.js'
import type { Context } from './context.js'
import type { Filters } from './filters.js'
import { destroyOldMarks, isMarked, keepStored, releaseEarlier } from './keep.js'
import { openManifests } from './manifests.js'
import { UploadFacts } from './note-facts.js'
import {
  planDataset,
  prepareSteps,
  reportPendingUploads,
  type Versions,
  type Wanted,
} from './prepare-backup.js'
import { storeFlags } from './programs.js'
import { updateIndex } from './store/metadata-index.js'

/** A snapshot that was stored. */
export interface Stored {
  readonly name: string
  readonly key: string
  /** Estimated bytes of the stream; undefined where zfs cannot say. */
  readonly size: number | undefined
  /** Bytes of the object: what pput has read and stored. */
  readonly stored: number
}

/** The backup of one dataset: its source, its snapshots, and the callbacks for progress. */
export interface BackupJob {
  readonly context: Context
  readonly filters: Filters
  readonly wanted: Wanted
  /** Where the snapshots are: this host, or another behind ssh. */
  readonly pool: PoolEndpoint
  /** Of the dataset, as they are now. */
  readonly readVersions: () => Promise<Versions>
  /** Ask zfs for the size of each stream; the metadata of the objects have it. */
  readonly estimates: boolean
  /** `--config` of the programs that are run. */
  readonly configFile: string | undefined
  /**
   * @param sizes of the streams to come
   * @returns undefined: a dry run
   */
  readonly openTransfers: (sizes: readonly (number | undefined)[]) => Transfers | undefined
  readonly line?: () => Promise<Line>
  /** A dry run that shows nothing, either. */
  readonly isPlanOnly?: boolean
  /** Destroy no bookmarks. */
  readonly keepsMarks?: boolean
  readonly signal: AbortSignal
  readonly onBegin?: (step: UploadStep) => void
  readonly onStream?: (commands: readonly Command[]) => void
  readonly onStored: (stored: Stored) => void
}

/** What the next increment is sent from, after a backup. */
export interface NextBase {
  /** Undefined: nothing is stored. */
  readonly common: LocalSnapshot | Bookmark | undefined
  /** The snapshot may go: a bookmark does as well. */
  readonly isMarked: boolean
  /** What was not sent, in a dry run. */
  readonly pending: readonly LocalSnapshot[]
}

/**
 * Plan and carry out the backup of one dataset: every caller's way to store snapshots.
 *
 * @throws Z3Error of the plan, or of the first step that fails; `onStored` was called for
 *   all that was stored until then
 */
export async function backUpDataset(job: BackupJob): Promise<NextBase> {
  const { context, filters, pool, signal } = job
  const { config, place } = context
  const {
    isBase,
    stored: before,
    cache,
    ...plan
  } = await planDataset(context, job.wanted, filters, job.readVersions, signal)
  const facts = new UploadFacts(context, before)
  await reportPendingUploads(context, signal)
  const { steps, common } = await prepareSteps(
    plan,
    context,
    filters,
    job.estimates ? pool.read : undefined,
  )
  const here = pool.host.ssh === undefined ? pool.host : localHost({ env: context.env, signal })
  const transfers = job.openTransfers(steps.map(({ size }) => size))
  const verifies = config.settings.VERIFY_STREAM === 'yes'
  const manifests =
    !transfers || config.settings.MANIFEST === 'no' || steps.length === 0
      ? undefined
      : await openManifests(context, filters, verifies, pool.read, signal)
  const { BUCKET: bucket, RESUME_UPLOADS: resume } = config.settings
  const isServer = bucket !== undefined && parseBucket(bucket).kind === 's3'
  const resumes = resume === 'yes' && isServer
  const pending = transfers ? [] : steps.map(({ snapshot }) => snapshot)
  const { destination } = context
  let next: NextBase = {
    common,
    isMarked: !common || isMarked(pool, common, destination),
    pending,
  }
  const base = { isKept: false }
  const keep = async (snapshot: LocalSnapshot | Bookmark): Promise<void> => {
    const kept = await keepStored(pool, snapshot, context)
    base.isKept = kept.isKept
    next = { common: snapshot, isMarked: kept.isMarked, pending }
  }
  if (job.isPlanOnly) return next
  try {
    await run(steps, {
      source: {
        ...pool.source({ flags: [], estimates: false }),
        estimate: ({ size }: UploadStep) => Promise.resolve(size),
      },
      target: new StoreEndpoint(here, place.prefix).target({
        verifies,
        summary: manifests?.summary,
        filters: filters.commands,
        compressor: filters.compressor,
        encryptor: filters.encryptor,
        incrementClass: config.settings.S3_INCREMENT_CLASS,
        flags: [
          ...storeFlags(config, job.configFile, 'pput'),
          ...(manifests ? ['--digest'] : []),
          ...(resumes ? ['--resume'] : []),
        ],
      }),
      ...(job.line ? { line: job.line } : {}),
      transfers,
      signal,
      onStream: (_step, commands) => job.onStream?.(commands),
      onBegin: (step) => {
        job.onBegin?.(step)
        manifests?.begin()
      },
      onArrived: async (step, output) => {
        if (!transfers) return
        const { name, size, parent, base } = step
        if (parent !== undefined) {
          const completed = { name, etag: uploadedEtag(output), parent, base }
          await checkParent(place, completed, signal, context.say)
        }
        const stored = { name, key: `${place.prefix}${name}`, size, stored: uploadedBytes(output) }
        job.onStored(stored)
        facts.uploaded(step, stored.stored)
        facts.read(await manifests?.write(step, output))
      },
      keep: ({ snapshot }) => (transfers ? keep(snapshot) : Promise.resolve()),
    })
    // a run that was killed right after the upload has not
    if (transfers && steps.length === 0 && common && !next.isMarked) await keep(common)
    // the earlier bases are the last resort where the new one could not be kept
    const isKept = base.isKept || (steps.length === 0 && next.isMarked)
    if (transfers && isKept && next.common) {
      if (steps.length > 0) await releaseEarlier(pool, next.common, context)
      if (!job.keepsMarks) await destroyOldMarks(pool, next.common, isBase, context)
    }
    if (manifests && isServer) await updateIndex(place, cache, signal, context.tell)
  } finally {
    await manifests?.close()
  }
  return next
}
