import { Z3Error } from '@z3/core'
import { TABLE, type Key, type Option } from './options.js'
import type { LoadedConfig } from './load-config.js'

/**
 * The error for a setting that a command needs and nothing sets. It names all
 * the places that could.
 */
export function missingSetting(
  key: Key,
  { file = '/etc/z3_backup/z3.conf' }: Pick<LoadedConfig, 'file'>,
): Z3Error {
  const option: Omit<Option, 'key'> = TABLE[key]
  const sections = option.perDataset ? '[main] or [fs:DATASET]' : '[main]'
  const places = [
    ...(option.flag === undefined ? [] : [`the flag --${option.flag}`]),
    `the environment (${option.env.join(', ')})`,
    `${option.keys.join(' or ')} in ${sections} of ${file}`,
  ]
  const last = places.pop() ?? ''
  return new Z3Error('config', `${key} is not set`, {
    hint: `Set it with ${places.join(', ')} or ${last}.`,
  })
}
