import type { LoadedConfig } from '@z3/config'
import { parseSnapshotName, type Command, type RestoreStep } from '@z3/core'
import { receiveCommand } from '@z3/zfs'
import type { OpenedStream } from './open-stream.js'
import { storeFlags } from './store-flags.js'

/**
 * The programs that carry out a step of a restore. What is received is not
 * mounted before all of it is there: whatever writes to it in between would
 * make the next step fail.
 *
 * A replication stream (`zfs send -R`) names its snapshots itself, and takes no
 * name of ours. It is never forced: `zfs receive -F` of one destroys what the
 * sender does not have.
 *
 * @param options words passed on to zfs receive
 * @param configFile the value of --config
 */
export function restorePipeline(
  { object, name, force }: RestoreStep,
  { filters, head }: OpenedStream,
  options: readonly string[],
  config: LoadedConfig,
  configFile: string | undefined,
): readonly Command[] {
  const { dataset, snapshot } = parseSnapshotName(name)
  const replication = head?.compound === true
  return [
    {
      file: 'z3-get',
      args: ['--quiet', ...storeFlags(config, configFile, 'z3-get'), object.key],
    },
    ...filters,
    receiveCommand({
      name: replication ? { dataset } : { dataset, snapshot },
      force: force && !replication,
      unmounted: true,
      options,
    }),
  ]
}
