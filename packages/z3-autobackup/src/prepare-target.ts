import type { ReplicationPlan } from '@z3/core'
import { createParents, parentOf, rollback, type SnapshotFacts } from '@z3/zfs'
import type { DatasetRequest } from './dataset-request.js'
import type { StreamKind } from './send-flags.js'

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
  if (parent !== undefined && !target.datasets.has(parent)) {
    const created = options.test ? [] : await createParents(change, to)
    for (const one of created) {
      log.verbose(`${label} ${one}: Creating (not mounted)`)
      target.datasets.set(one, {
        properties: { type: 'filesystem' },
        snapshots: [],
      })
    }
  }
  // what was saved builds on the snapshot, not on what was written since
  if (!rollbackTo || partial === 'resume') return
  if (options.rollback || options.destroyIncompatible || incompatible.length > 0) {
    log.verbose(`${label} ${to}: Rolling back to @${rollbackTo.snapshot}`)
    await rollback(change, rollbackTo, false)
  }
}

/**
 * Say that a copy will not be encrypted where that may not be expected: with
 * --encrypt below a dataset that is not, without it below one that is.
 */
function noteUnencrypted(
  { dataset, to, target, world: { options, log } }: DatasetRequest,
  { flags }: StreamKind,
): void {
  const isGiven = options.properties.set.some((one) => one.startsWith('encryption='))
  if (flags.includes('w') || isGiven) return
  if (!options.encrypt && (dataset.properties['encryption'] ?? 'off') !== 'off') return
  const encryptionOf = (name: string): string | undefined =>
    target.datasets.get(name)?.properties['encryption']
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
