import type { LoadedConfig } from '@z3/config'
import { parseSnapshotName, type Command, type RestoreStep } from '@z3/core'
import { receiveCommand } from '@z3/zfs'
import { incomingFilters } from './filters.js'
import { storeFlags } from './store-flags.js'

/**
 * The programs that carry out a step of a restore. What is received is not
 * mounted before all of it is there: whatever writes to it in between would
 * make the next step fail.
 *
 * @param options words passed on to zfs receive
 * @param configFile the value of --config
 * @throws Z3Error `unknown-compressor`, `config`
 */
export function restorePipeline(
  { object, name, force }: RestoreStep,
  options: readonly string[],
  config: LoadedConfig,
  configFile: string | undefined,
): readonly Command[] {
  return [
    {
      file: 'z3-get',
      args: [
        '--quiet',
        ...storeFlags(config, configFile, 'z3-get'),
        object.key,
      ],
    },
    ...incomingFilters(object, config),
    receiveCommand({
      name: parseSnapshotName(name),
      force,
      unmounted: true,
      options,
    }),
  ]
}
