import { Z3Error } from '@z3/core'
import type { Resolved } from './resolve.js'
import { describeSource } from './source.js'

/**
 * Half a pair of credentials would be dropped for whatever else the machine
 * offers: another account, perhaps.
 *
 * @returns the error, or undefined if both are set or neither is
 */
export function missingCredential({
  settings,
  sources,
}: Resolved): Z3Error | undefined {
  const { S3_KEY_ID: id, S3_SECRET: secret } = settings
  if ((id === undefined) === (secret === undefined)) return undefined
  const [there, missing] =
    id === undefined
      ? (['S3_SECRET', 'S3_KEY_ID'] as const)
      : (['S3_KEY_ID', 'S3_SECRET'] as const)
  return new Z3Error(
    'config',
    `${describeSource(sources[there])}: ${there} is set, but ${missing} is not`,
    {
      hint: 'Set both, or neither to use the profiles and roles that AWS tools use.',
    },
  )
}
