import { describeLeftOut, fitSendFlags, poolFeatures } from '@z3/zfs'
import type { DatasetRequest } from './dataset-request.js'
import type { Target } from './read-target.js'
import type { StreamKind } from './send-flags.js'

/** Targets of which it was told that they cannot take everything. */
const told = new WeakSet<Target>()

/**
 * Leave out flags of zfs send that the target's pool cannot take, unless they
 * were chosen by hand. It is told once for each target.
 */
export async function fitToPools(
  { dataset, source, target, world: { options, log } }: DatasetRequest,
  kind: StreamKind,
): Promise<StreamKind> {
  if (options.sendFlags !== undefined) return kind
  const { flags, left } = fitSendFlags(
    kind.flags,
    await poolFeatures(source.side.host, dataset.name),
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
