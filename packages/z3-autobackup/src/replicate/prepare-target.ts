import { type ReplicationPlan, Z3Error } from '@z3/core'
import {
  createParents,
  describeLeftOut,
  fitSendFlags,
  parentOf,
  poolFeatures,
  rollback,
  type SnapshotFacts,
} from '@z3/zfs'
import { datasetOf, type OpenedTarget } from '../datasets.js'
import type { Log } from '../log.js'
import type { DatasetRequest } from './plan-dataset.js'
import type { StreamKind } from './send-flags.js'
import type { Side } from '../world.js'

/**
 * Make the target fit for the first stream of a plan: parents are created, and
 * what was written there is rolled back where that is wanted.
 *
 * @throws Z3Error
 */
export async function prepareTarget(
  request: DatasetRequest,
  { steps, partial, incompatible, rollbackTo }: ReplicationPlan<SnapshotFacts>,
  kind: StreamKind,
): Promise<void> {
  const { to, target, world } = request
  const { options, log } = world
  if (!steps[0]?.base && partial !== 'resume') noteUnencrypted(request, kind)
  const { label, change } = target.side
  const parent = parentOf(to)
  if (parent !== undefined && !target.side.find(parent)) {
    const created = options.test ? [] : await createParents(change, to)
    for (const one of created) {
      log.verbose(`${label} ${one}: Creating (not mounted)`)
      target.side.add(one)
    }
  }
  // what was saved builds on the snapshot, not on what was written since
  if (!rollbackTo || partial === 'resume') return
  if (options.rollback || options.policy.onLoss === 'destroy' || incompatible.length > 0) {
    log.verbose(`${label} ${to}: Rolling back to @${rollbackTo.snapshot}`)
    await rollback(change, rollbackTo, false)
  }
}

/**
 * Say that a copy will not be encrypted where that may not be expected: with
 * --encrypt below a dataset that is not, without it below one that is.
 */
function noteUnencrypted(
  { name, to, source, target, world: { options, log } }: DatasetRequest,
  { flags }: StreamKind,
): void {
  const isGiven = options.properties.set.some((one) => one.startsWith('encryption='))
  if (flags.includes('w') || isGiven) return
  if (!options.encrypt && (datasetOf(source, name).properties['encryption'] ?? 'off') !== 'off')
    return
  const encryptionOf = (above: string): string | undefined =>
    target.side.find(above)?.properties['encryption']
  let parent = parentOf(to)
  // of what this run has made, what that is in decides
  while (parent !== undefined && encryptionOf(parent) === undefined) {
    parent = parentOf(parent)
  }
  const encrypts = (encryptionOf(parent ?? '') ?? 'off') !== 'off'
  if (encrypts === options.encrypt) return
  if (encrypts) {
    log.note(
      `${target.side.label} ${to}: it will not be encrypted, although ${parent ?? 'its parent'} is: the source is not (--encrypt)`,
    )
    return
  }
  log.note(
    `${target.side.label} ${to}: it will not be encrypted, since ${parent ?? 'its parent'} is not (--encrypt)`,
  )
}

/**
 * Mount a filesystem that has just been received for the first time, as `zfs
 * mount -a` would at the next boot. Not where it has brought its own mountpoint
 * along: that may be `/` of the host that it comes from.
 */
export async function mountNew(
  { label, read, change }: Side,
  dataset: string,
  log: Log,
): Promise<void> {
  const text = await read([
    ...['get', '-Hp', '-o', 'property,value,source'],
    // an older zfs does not know all that is asked for by name
    ...['all', dataset],
  ])
  const all = new Map(
    text.split('\n').map((line) => {
      const [property = '', value = '', source = ''] = line.split('\t')
      return [property, { value, source }] as const
    }),
  )
  const value = (property: string): string => all.get(property)?.value ?? '-'
  const mountable =
    value('type') === 'filesystem' &&
    value('canmount') === 'on' &&
    value('mounted') === 'no' &&
    !['legacy', 'none'].includes(value('mountpoint')) &&
    value('keystatus') !== 'unavailable'
  if (!mountable) return
  if (all.get('mountpoint')?.source === 'received') {
    log.note(
      `${label} ${dataset}: not mounted, its mountpoint comes from the source: ${value('mountpoint')}; the next boot of that host mounts it there (--clear-mountpoint)`,
    )
    return
  }
  // zfs upgrades what it has encrypted itself at the first mount, and takes that
  // for a change: the next increment would be refused (OpenZFS 2.3)
  const readOnly = value('encryption') !== '-' && value('encryption') !== 'off'
  log.verbose(`${label} ${dataset}: mounting${readOnly ? ' read-only, since it is encrypted' : ''}`)
  try {
    await change(['mount', ...(readOnly ? ['-o', 'ro'] : []), dataset])
  } catch (error) {
    // it has arrived all the same: only root may mount on Linux
    if (!(error instanceof Z3Error)) throw error
    log.note(`${label} ${dataset}: not mounted: ${error.message}`)
  }
}

/** Targets of which it was told that they cannot take everything. */
const told = new WeakSet<OpenedTarget>()

/**
 * Leave out flags of zfs send that the target's pool cannot take, unless they
 * were chosen by hand. It is told once for each target.
 */
export async function fitToPools(
  { name, source, target, world: { options, log } }: DatasetRequest,
  kind: StreamKind,
): Promise<StreamKind> {
  if (options.sendFlags !== undefined) return kind
  const { flags, left } = fitSendFlags(
    kind.flags,
    await poolFeatures(source.side.host, name),
    await poolFeatures(target.side.host, target.path),
  )
  if (left.length > 0 && !told.has(target)) {
    told.add(target)
    log.note(
      `${target.side.label} ${describeLeftOut(left, target.path)}; --send-flags chooses by hand`,
    )
  }
  return { ...kind, flags }
}
