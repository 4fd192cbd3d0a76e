import { Z3Error } from '@z3/core'
import type { Resolved } from './resolve.js'
import { describeSource } from './source.js'

/**
 * Half a pair of credentials would be dropped for whatever else the machine
 * offers: another account, perhaps.
 *
 * @returns the error, or undefined if both are set or neither is, and no
 *   session token stands alone
 */
export function missingCredential({ settings, sources }: Resolved): Z3Error | undefined {
  const { S3_KEY_ID: id, S3_SECRET: secret, S3_SESSION_TOKEN: token } = settings
  if ((id === undefined) === (secret === undefined)) {
    if (token === undefined || id !== undefined) return undefined
    return new Z3Error(
      'config',
      `${describeSource(sources.S3_SESSION_TOKEN)}: S3_SESSION_TOKEN is set, but S3_KEY_ID and S3_SECRET are not`,
      {
        hint: 'Set all three, or none to use the profiles and roles that AWS tools use.',
      },
    )
  }
  const [there, missing] =
    id === undefined ? (['S3_SECRET', 'S3_KEY_ID'] as const) : (['S3_KEY_ID', 'S3_SECRET'] as const)
  return new Z3Error(
    'config',
    `${describeSource(sources[there])}: ${there} is set, but ${missing} is not`,
    {
      hint: 'Set both, or neither to use the profiles and roles that AWS tools use.',
    },
  )
}
