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
 * Prepare the target for the first stream of a plan: create parents, and roll back if requested.
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
  // the partial data depends on the snapshot, not on what was written since
  if (!rollbackTo || partial === 'resume') return
  if (options.rollback || options.policy.onLoss === 'destroy' || incompatible.length > 0) {
    log.verbose(`${label} ${to}: Rolling back to @${rollbackTo.snapshot}`)
    await rollback(change, rollbackTo, false)
  }
}

/**
 * Note that a copy will not be encrypted if that may be unexpected: with --encrypt below an
 * unencrypted dataset, or without it below an encrypted one.
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
  // datasets created by this run inherit from their parent
  while (parent !== undefined && encryptionOf(parent) === undefined) {
    parent = parentOf(parent)
  }
  const encrypts = (encryptionOf(parent ?? '') ?? 'off') !== 'off'
  if (encrypts === options.encrypt) return
  if (encrypts) {
    log.note(
      `${target.side.label} ${to}: will not be encrypted, since the source is not, although ${parent ?? 'its parent'} is (see --encrypt)`,
    )
    return
  }
  log.note(
    `${target.side.label} ${to}: will not be encrypted, since ${parent ?? 'its parent'} is not (--encrypt)`,
  )
}

/**
 * Mount a newly received file system, as `zfs mount -a` would at the next boot. Not if the stream
 * contained its mountpoint: that may be `/` of the source host.
 */
export async function mountNew(
  { label, read, change }: Side,
  dataset: string,
  log: Log,
): Promise<void> {
  const text = await read([
    ...['get', '-Hp', '-o', 'property,value,source'],
    // an older zfs does not know all of these names
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
      `${label} ${dataset}: not mounted, its mountpoint comes from the source: ${value('mountpoint')}; the host will mount it there at the next boot (see --clear-mountpoint)`,
    )
    return
  }
  // the first mount upgrades what zfs has encrypted itself, and zfs treats that as a modification:
  // it would refuse the next increment (OpenZFS 2.3)
  const readOnly = value('encryption') !== '-' && value('encryption') !== 'off'
  log.verbose(`${label} ${dataset}: mounting${readOnly ? ' read-only, since it is encrypted' : ''}`)
  try {
    await change(['mount', ...(readOnly ? ['-o', 'ro'] : []), dataset])
  } catch (error) {
    // it was received nevertheless: only root can mount on Linux
    if (!(error instanceof Z3Error)) throw error
    log.note(`${label} ${dataset}: not mounted: ${error.message}`)
  }
}

/** Targets for which the omitted flags were reported. */
const told = new WeakSet<OpenedTarget>()

/**
 * Omit flags of zfs send that the target's pool does not support, unless set with --send-flags.
 * Reported once per target.
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
      `${target.side.label} ${describeLeftOut(left, target.path)}; --send-flags overrides this`,
    )
  }
  return { ...kind, flags }
}
