import { requestedFlags, untilAborted, type SendArguments } from '@z3/cli'
import { encryptionOf, formatSnapshotName, planBackup, type BackupPlan } from '@z3/core'
import { checkPrograms } from '@z3/pipeline'
import type { UploadStep } from '@z3/replicate'
import { estimateSend, listSnapshots, type Run } from '@z3/zfs'
import type { Context } from './context.js'
import type { Filters } from './filters.js'
import { loadStored } from './store/load-stored.js'

/** What was asked for. */
interface BackupArguments extends SendArguments {
  readonly snapshot?: string | undefined
  readonly full?: boolean | undefined
  readonly overwrite?: boolean | undefined
  readonly 'newest-only'?: boolean | undefined
}

/**
 * All that can be known of a backup before the first byte is sent: the steps, and their sizes.
 *
 * @throws Z3Error as planBackup does, and of zfs and the store
 */
export async function prepareBackup(
  args: BackupArguments,
  context: Context,
  filters: Filters,
  zfs: Run,
  signal: AbortSignal,
): Promise<readonly UploadStep[]> {
  const plan = await makePlan(args, context, filters, zfs, signal)
  return estimateAll(plan, context, filters, zfs)
}

async function makePlan(
  args: BackupArguments,
  context: Context,
  filters: Filters,
  zfs: Run,
  signal: AbortSignal,
): Promise<BackupPlan> {
  const { config, dataset, env, place, say, tell } = context
  const { SNAPSHOT_PREFIX: prefix } = config.settings
  const [local, stored] = await Promise.all([
    listSnapshots(zfs, dataset),
    loadStored(place, env, signal, tell),
  ])
  const plan = planBackup({
    dataset,
    prefix,
    local,
    stored: stored.snapshots,
    upTo: args.snapshot,
    mode: args.full ? 'full' : 'incremental',
    onLoss: args.overwrite ? 'replace' : 'refuse',
    requested: requestedFlags(args),
    first: args['newest-only'] ? 'newest' : 'oldest',
    encrypts: encryptionOf(filters) !== undefined,
    mayClear: config.sources.ENCRYPTOR.kind === 'flag' && config.settings.ENCRYPTOR === 'none',
  })
  for (const note of plan.notes) say(note)
  await reportPendingUploads(context, signal)
  return plan
}

async function estimateAll(
  { steps }: BackupPlan,
  { env, say }: Context,
  filters: Filters,
  zfs: Run,
): Promise<readonly UploadStep[]> {
  if (steps.length > 0) checkPrograms(filters.commands, env)
  const prepared: UploadStep[] = []
  for (const step of steps) {
    const { snapshot, base, storedAs, sendFlags: flags } = step
    const name = formatSnapshotName({ ...snapshot, snapshot: storedAs })
    const size = await estimateSend(zfs, { snapshot, base, flags })
    prepared.push({ ...step, name, size })
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
      `${String(pending)} unfinished ${pending === 1 ? 'upload' : 'uploads'} of ${dataset} ${pending === 1 ? 'is' : 'are'} pending, left by dead runs or used by runs elsewhere; see z3 cleanup`,
    )
  }
}
