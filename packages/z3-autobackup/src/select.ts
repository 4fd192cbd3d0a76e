import { selectDatasets, Z3Error, type Selection } from '@z3/core'
import { formatSshAddress, readSelection, type SshAddress } from '@z3/zfs'
import type { Log } from './log.js'
import type { Side, World } from './world.js'

/**
 * Select datasets by the property, logging each.
 *
 * @throws Z3Error `no-such-dataset`: none has the property; `config`: an invalid value
 */
export async function select(side: Side, { options, log }: World): Promise<readonly Selection[]> {
  const { names, source, targets, buckets } = options
  const { property } = names
  const here = addressOf(source)
  const selection = selectDatasets(await readSelection(side.read, property), {
    property,
    // a copy is not a source if one host is both
    excludePaths: targets
      .filter(({ ssh }) => addressOf(ssh) === here)
      .map(({ dataset }) => dataset),
    // on a host that receives backups, a run that only takes snapshots skips received datasets
    excludeReceived:
      options.select.received === undefined
        ? targets.length + buckets.length === 0 && source === undefined
        : !options.select.received,
    excludeUnchanged: options.select.unchanged ?? 0,
  })
  for (const { dataset, reason } of selection) {
    log.verbose(`${side.label} ${dataset}: ${reason}`)
  }
  if (selection.length > 0) {
    tellTargetAbove(selection, log)
    return selection
  }
  throw new Z3Error(
    'no-such-dataset',
    `no dataset on ${side.host.title} has the property '${property}'`,
    { hint: `Select datasets with: zfs set ${property}=true POOL/DATASET` },
  )
}

/** All selected datasets are inside the target, which is probably a mistake. */
function tellTargetAbove(selection: readonly Selection[], log: Log): void {
  const wanted = selection.filter((one) => one.selected || one.excluded)
  const isAway = ({ reason }: Selection): boolean => reason === 'Ignored (excluded path)'
  if (wanted.length === 0 || !wanted.every(isAway)) return
  log.note(
    'nothing is backed up: all selected datasets are inside the target; choose a target outside them',
  )
}

function addressOf(ssh: SshAddress | undefined): string {
  return ssh ? formatSshAddress(ssh) : ''
}
