import { requestedFlags, untilAborted, type SendArguments } from '@z3/cli'
import { encryptionOf, planBackup, type BackupPlan } from '@z3/core'
import { checkPrograms } from '@z3/pipeline'
import { estimateSend, listSnapshots, runZfs } from '@z3/zfs'
import type { Context } from '../context.js'
import type { Filters } from '../filters.js'
import { loadStored } from '../store/load-stored.js'
import { backupPipeline, type BackupPipeline } from './backup-pipeline.js'

/** What was asked for. */
interface BackupArguments extends SendArguments {
  readonly config?: string | undefined
  readonly snapshot?: string | undefined
  readonly full?: boolean | undefined
  readonly overwrite?: boolean | undefined
  readonly 'newest-only'?: boolean | undefined
}

/** A snapshot to be stored, and the pipeline that does it. */
interface PreparedBackup {
  /** Estimated bytes of the stream. */
  readonly size: number | undefined
  readonly pipeline: BackupPipeline
}

/**
 * All that can be known of a backup before the first of its pipelines is run.
 *
 * @throws Z3Error as planBackup does, and of zfs and the store
 */
export async function prepareBackup(
  args: BackupArguments,
  context: Context,
  filters: Filters,
  signal: AbortSignal,
): Promise<readonly PreparedBackup[]> {
  const plan = await makePlan(args, context, filters, signal)
  return preparePipelines(args, context, filters, plan, signal)
}

async function makePlan(
  args: BackupArguments,
  context: Context,
  filters: Filters,
  signal: AbortSignal,
): Promise<BackupPlan> {
  const { config, dataset, env, place, say, tell } = context
  const { SNAPSHOT_PREFIX: prefix } = config.settings
  const zfs = runZfs({ env, signal })
  const [local, stored] = await Promise.all([
    listSnapshots(zfs, dataset),
    loadStored(place, env, signal, tell),
  ])
  const plan = planBackup({
    dataset,
    prefix,
    local,
    stored: stored.snapshots,
    target: args.snapshot,
    mode: args.full ? 'full' : 'incremental',
    overwrite: args.overwrite === true,
    requested: requestedFlags(args),
    newestOnly: args['newest-only'] === true,
    encrypts: encryptionOf(filters) !== undefined,
    mayClear: config.sources.ENCRYPTOR.kind === 'flag' && config.settings.ENCRYPTOR === 'none',
  })
  for (const note of plan.notes) say(note)
  await reportPendingUploads(context, signal)
  return plan
}

async function preparePipelines(
  args: BackupArguments,
  { config, env, say }: Context,
  filters: Filters,
  { steps }: BackupPlan,
  signal: AbortSignal,
): Promise<readonly PreparedBackup[]> {
  const zfs = runZfs({ env, signal })
  if (steps.length > 0) checkPrograms(filters.commands, env)
  const prepared: PreparedBackup[] = []
  for (const step of steps) {
    const size = await estimateSend(zfs, {
      snapshot: step.snapshot,
      base: step.base,
      flags: step.sendFlags,
    })
    const pipeline = backupPipeline(step, size, filters, config, args.config)
    prepared.push({ size, pipeline })
  }
  if (prepared.some(({ size }) => size === undefined)) {
    say('this zfs cannot estimate streams: their sizes are not stored with them')
  }
  return prepared
}

/** What dead runs have left costs money and cannot be seen: say that it is there. */
async function reportPendingUploads(
  { place: { store, prefix, dataset }, say, tell }: Context,
  signal: AbortSignal,
): Promise<void> {
  let pending = 0
  try {
    const uploads = store.listUploads(`${prefix}${dataset}@`, signal)
    for await (const { key } of untilAborted(signal, uploads)) {
      tell(`pending upload: ${key}`)
      pending += 1
    }
  } catch (error) {
    signal.throwIfAborted()
    // a backup does not need the permission to list them
    const why = error instanceof Error ? error.message : String(error)
    tell(`pending uploads cannot be listed: ${why}`)
  }
  if (pending > 0) {
    say(
      `${String(pending)} unfinished ${pending === 1 ? 'upload' : 'uploads'} of ${dataset} ${pending === 1 ? 'is' : 'are'} pending, of runs that died or are at work elsewhere; see z3 cleanup`,
    )
  }
}
