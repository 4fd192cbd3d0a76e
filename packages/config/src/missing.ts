import { Z3Error } from '@z3/core'
import { describeSource, type Resolved } from './layers.js'
import { optionOf, type Key } from './options.js'

/**
 * The error for a setting that a command needs and nothing sets. It names all the places that
 * could.
 */
export function missingSetting(
  key: Key,
  { file = '/etc/z3_backup/z3.conf' }: { readonly file: string | undefined },
): Z3Error {
  const { perDataset, flag, env, keys } = optionOf(key)
  const sections = perDataset ? '[main] or [fs:DATASET]' : '[main]'
  const places = [
    ...(flag === undefined ? [] : [`the flag --${flag}`]),
    `the environment (${env.join(', ')})`,
    `${keys.join(' or ')} in ${sections} of ${file}`,
  ]
  const last = places.pop() ?? ''
  return new Z3Error('config', `${key} is not set`, {
    hint: `Set it with ${places.join(', ')} or ${last}.`,
  })
}

/**
 * Half a pair of credentials would be dropped for whatever else the machine offers: another
 * account, perhaps.
 *
 * @returns the error, or undefined if both are set or neither is, and no session token stands alone
 */
export function missingCredential({ settings, sources }: Resolved): Z3Error | undefined {
  const { S3_KEY_ID: id, S3_SECRET: secret, S3_SESSION_TOKEN: token } = settings
  const error = (there: Key, missing: string, choice: string) =>
    new Z3Error(
      'config',
      `${describeSource(sources[there])}: ${there} is set, but not ${missing}`,
      {
        hint: `Set ${choice} to use the profiles and roles that AWS tools use.`,
      },
    )
  if (id !== undefined && secret !== undefined) return undefined
  if (id !== undefined) return error('S3_KEY_ID', 'S3_SECRET', 'both, or neither')
  if (secret !== undefined) return error('S3_SECRET', 'S3_KEY_ID', 'both, or neither')
  if (token === undefined) return undefined
  return error('S3_SESSION_TOKEN', 'S3_KEY_ID and S3_SECRET', 'all three, or none')
}
