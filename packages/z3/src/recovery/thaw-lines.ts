import { isTemporary, type Archive } from '@z3/core'
import { quote } from '@z3/pipeline'
import { awsWords, type Place } from './download.js'
import type { ChainArchive } from './find-chain-archives.js'

/** Days to keep the thawed copies: a recovery may take long. */
const DAYS = 14

/**
 * Shell commands that request archived objects with `aws s3api restore-object`, for `sh SHEET thaw`
 * or to be typed.
 *
 * @returns none if nothing is archived
 */
export function thawLines(place: Place, archived: readonly ChainArchive[]): readonly string[] {
  const { bucket } = place
  if (archived.length === 0 || bucket.kind === 'file') return []
  const words = [...awsWords(place), 's3api', 'restore-object', '--bucket', bucket.bucket]
  return [
    'if [ "${1-}" = thaw ]; then',
    `  thaw() { ${words.map(quote).join(' ')} --key "$1" --restore-request "$2" || status=1; }`,
    '  status=0',
    ...archived.map(({ key, archive }) => `  thaw ${quote(key)} ${quote(requestFor(archive))}`),
    '  exit "$status"',
    'fi',
  ]
}

/** S3 Intelligent-Tiering moves the object back, and takes no days. */
function requestFor(archive: Archive): string {
  const tier = { GlacierJobParameters: { Tier: 'Bulk' } }
  return JSON.stringify(isTemporary(archive) ? { Days: DAYS, ...tier } : tier)
}
