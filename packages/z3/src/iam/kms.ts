import { literal, partitionOf, type PolicyPlace } from './arn.js'
import type { Statement } from './statement.js'

/** Only for requests that S3 makes. */
const VIA_S3 = { StringLike: { 'kms:ViaService': 's3.*' } }

/**
 * The permission to use a KMS key. Multipart uploads and checksums in the response to HEAD need
 * kms:Decrypt, too (AWS: API of UploadPart and HeadObject).
 *
 * @param key ID, ARN or alias, as S3_SSE_KMS_KEY
 */
export function kmsStatement(key: string, writes: boolean, place: PolicyPlace): Statement {
  const partition = partitionOf(place.region)
  const [, home = `arn:${partition}:kms:${place.region ?? '*'}:*:`, name = key] =
    /^(arn:[^/]*:)([^:]+)$/.exec(key) ?? []
  const isAlias = name.startsWith('alias/')
  const id = isAlias ? 'key/*' : `key/${literal(name.replace(/^key\//, ''))}`
  return {
    Sid: 'Key',
    Effect: 'Allow',
    Action: [...(writes ? ['kms:GenerateDataKey'] : []), 'kms:Decrypt'],
    Resource: `${home}${id}`,
    Condition: {
      ...VIA_S3,
      ...(isAlias && { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': name } }),
    },
  }
}
