import type { LoadedConfig } from '@z3/config'
import { formatSnapshotName, storedMetadata, type BackupStep, type Command } from '@z3/core'
import { renderPipeline } from '@z3/pipeline'
import { sendCommand } from '@z3/zfs'
import type { Filters } from '../filters.js'
import { storeFlags } from '../programs.js'

/** One snapshot's way into the store. */
export interface BackupPipeline {
  /** Under which it is stored: `dataset@snapshot`. */
  readonly name: string
  readonly key: string
  /** What makes the stream: zfs and the filters. */
  readonly producers: readonly Command[]
  /** What stores it, without the option that says who vouches. */
  readonly upload: Command
}

/**
 * The programs that carry out a step of a backup.
 *
 * @param size estimated bytes of the stream; undefined where zfs cannot say
 * @param configFile the value of --config
 */
export function backupPipeline(
  step: BackupStep,
  size: number | undefined,
  filters: Filters,
  config: LoadedConfig,
  configFile: string | undefined,
): BackupPipeline {
  const { snapshot, storedAs, base } = step
  const name = formatSnapshotName({ ...snapshot, snapshot: storedAs })
  const key = `${config.settings.S3_PREFIX}${name}`
  const metadata = storedMetadata({
    size,
    parent: step.parent,
    compressor: filters.compressor,
    encryptor: filters.encryptor,
    guid: snapshot.guid,
    parentGuid: base?.guid,
    created: snapshot.created,
    sendFlags: step.sendFlags,
    twinOf: storedAs === snapshot.snapshot ? undefined : snapshot.snapshot,
  })
  const upload = [
    '--quiet',
    ...storeFlags(config, configFile, 'pput'),
    ...(step.overwrite ? ['--overwrite'] : []),
    ...(size === undefined ? [] : ['--estimated', String(size)]),
    ...Object.entries(metadata).flatMap(([k, v]) => ['--meta', `${k}=${v}`]),
    key,
  ]
  return {
    name,
    key,
    producers: [sendCommand({ snapshot, base, flags: step.sendFlags }), ...filters.commands],
    upload: { file: 'pput', args: upload },
  }
}

/**
 * The same as one command to paste into a shell: pput runs the producers
 * itself, since a descriptor over which to vouch cannot be pasted.
 */
export function pastedBackup({ producers, upload }: BackupPipeline): Command {
  const [only] = producers
  const producer =
    producers.length === 1 && only
      ? [only.file, ...only.args]
      : ['bash', '-o', 'pipefail', '-c', renderPipeline(producers)]
  return { file: upload.file, args: [...upload.args, '--', ...producer] }
}
