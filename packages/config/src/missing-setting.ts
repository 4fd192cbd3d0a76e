import { Z3Error } from '@z3/core'
import { optionOf, type Key } from './options.js'

/** The error for a setting that a command needs and nothing sets. It names all places to set it. */
export function missingSetting(
  key: Key,
  { file = '/etc/z3_backup/z3.conf' }: { readonly file: string | undefined },
): Z3Error {
  const { perDataset, flag, env, keys } = optionOf(key)
  const sections = perDataset ? '[main] or [fs:DATASET]' : '[main]'
  const places = [
    ...(flag === undefined ? [] : [`the flag --${flag}`]),
    `the environment (${env.join(', ')})`,
  ]
  return new Z3Error('config', `${key} is not set`, {
    hint: `Set it with ${places.join(', ')} or ${keys.join(' or ')} in ${sections} of ${file}.`,
  })
}
