import type { FlagKey, LoadedConfig } from '@z3/config'
import { formatValue, TABLE } from '@z3/config'

/** The settings that pput and z3-get read, too. */
const BOTH = [
  'BUCKET',
  'S3_ENDPOINT',
  'S3_REGION',
  'S3_ADDRESSING',
  'S3_CA_FILE',
  'CONNECT_TIMEOUT',
  'ANSWER_TIMEOUT',
  'CONCURRENCY',
  'MAX_RETRIES',
  'RETRY_FOR',
  'MAX_MEMORY',
] as const satisfies readonly FlagKey[]

/** And those that pput alone reads. */
const UPLOAD = [
  'COMPLETE_TIMEOUT',
  'S3_STORAGE_CLASS',
  'S3_ACL',
] as const satisfies readonly FlagKey[]

/**
 * The flags by which pput or z3-get comes to the same settings as z3: it reads
 * the environment and the file itself, but sees neither z3's flags nor the
 * section of a dataset. None of them is a secret.
 */
export function storeFlags(
  config: LoadedConfig,
  configFile: string | undefined,
  program: 'pput' | 'z3-get',
): readonly string[] {
  const keys: readonly FlagKey[] = program === 'pput' ? [...BOTH, ...UPLOAD] : BOTH
  const settings = keys
    .filter((key) => {
      const source = config.sources[key]
      return source.kind === 'flag' || (source.kind === 'file' && source.section !== 'main')
    })
    .map((key) => `--${TABLE[key].flag}=${formatValue(TABLE[key], config.settings[key] ?? '')}`)
  return [...(configFile === undefined ? [] : [`--config=${configFile}`]), ...settings]
}
