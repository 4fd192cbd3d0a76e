import { requestedFlags, type SendArguments } from '@z3/cli'
import { encryptionOf, planBackup, type BackupPlan } from '@z3/core'
import { checkPrograms } from '@z3/pipeline'
import { estimateSend, listSnapshots, runZfs } from '@z3/zfs'
import { backupPipeline, type BackupPipeline } from './backup-pipeline.js'
import type { Context } from './context.js'
import type { Filters } from './filters.js'
import { loadStored } from './load-stored.js'
import { tellPending } from './tell-pending.js'

/** What was asked for. */
export interface BackupArguments extends SendArguments {
  readonly config?: string | undefined
  readonly snapshot?: string | undefined
  readonly full?: boolean | undefined
  readonly overwrite?: boolean | undefined
  readonly 'newest-only'?: boolean | undefined
}

/** A snapshot to be stored, and the pipeline that does it. */
export interface PreparedBackup {
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
  await tellPending(context, signal)
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
