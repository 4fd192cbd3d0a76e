import { launch, outgoingFilters } from '@z3/backup'
import type { Io } from '@z3/cli'
import type { LoadedConfig } from '@z3/config'
import { Z3Error } from '@z3/core'
import { currentGrantee, runZfs } from '@z3/zfs'
import { attempt, skipped, type Finding } from './finding.js'
import { checkDataset } from './host/check-dataset.js'
import { checkDirectories } from './host/check-directories.js'
import { checkMonitoring } from './host/check-monitoring.js'
import { checkPermissions } from './host/check-permissions.js'
import { checkPrograms } from './host/check-programs.js'
import { checkZfs } from './host/check-zfs.js'

/**
 * The checks of this host: zfs, the dataset, permissions, directories, programs, monitoring.
 *
 * @param config undefined: it cannot be read
 * @param dataset undefined: none was named
 */
export async function checkHost(
  config: LoadedConfig | undefined,
  dataset: string | undefined,
  { env, signal }: Io,
): Promise<readonly Finding[]> {
  const zfs = runZfs({ env, signal })
  const found = [...(await attempt('zfs', signal, () => checkZfs(zfs)))]
  const hasZfs = found.every(({ state }) => state === 'ok' || state === 'warning')
  if (dataset === undefined) {
    found.push(skipped('dataset', 'name one to check it: z3 doctor POOL/DATASET'))
  } else if (hasZfs && config) {
    const { SNAPSHOT_PREFIX: prefix, KEEP_COMMON: keep } = config.settings
    found.push(
      ...(await attempt('dataset', signal, () => checkDataset(zfs, dataset, prefix))),
      ...(await attempt('permissions', signal, async () =>
        checkPermissions(zfs, dataset, await currentGrantee(env, signal), keep),
      )),
    )
  }
  return [
    ...found,
    ...(await checkDirectories(env)),
    ...(config
      ? [...checkPrograms(programsOf(config), env), ...(await checkMonitoring(config, env))]
      : []),
  ]
}

function programsOf(config: LoadedConfig): Parameters<typeof checkPrograms>[0] {
  const ours = [
    'pput',
    'z3-get',
    ...(config.settings.VERIFY_STREAM === 'yes' ? ['zstream-verify'] : []),
  ]
  // what `launch` does not replace is searched in PATH
  const isBeside = (name: string) => launch({ file: name, args: [] }).file !== name
  return {
    filters: filtersOf(config),
    beside: ours.filter(isBeside),
    searched: ours.filter((name) => !isBeside(name)),
  }
}

/** checkConfig reports an error. */
function filtersOf(config: LoadedConfig): readonly string[] {
  try {
    return outgoingFilters(config).commands.map(({ file }) => file)
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    return []
  }
}
