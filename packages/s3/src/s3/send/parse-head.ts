import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'

/** What is needed of the response to a HEAD, in the SDK's form. */
export type HeadReply = Pick<
  HeadObjectCommandOutput,
  | '$metadata'
  | 'ArchiveStatus'
  | 'ChecksumCRC32'
  | 'ChecksumType'
  | 'ContentLength'
  | 'ETag'
  | 'LastModified'
  | 'Metadata'
  | 'ObjectLockLegalHoldStatus'
  | 'ObjectLockRetainUntilDate'
  | 'Restore'
  | 'SSECustomerAlgorithm'
  | 'ServerSideEncryption'
  | 'StorageClass'
  | 'VersionId'
>

const METADATA = 'x-amz-meta-'

/**
 * Parse the headers of a successful response (AWS: API of HeadObject, "Response Elements").
 *
 * @param headers names in lower case
 * @returns undefined if a value is not what the API describes: left to the SDK
 */
export function parseHead(headers: Readonly<Record<string, string>>): HeadReply | undefined {
  const length = headers['content-length']
  const modified = headers['last-modified']
  const until = headers['x-amz-object-lock-retain-until-date']
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return undefined
  const [LastModified, ObjectLockRetainUntilDate] = [modified, until].map(
    (value) => value && new Date(value),
  ) as (Date | undefined)[]
  for (const date of [LastModified, ObjectLockRetainUntilDate]) {
    if (date && Number.isNaN(date.getTime())) return undefined
  }
  return {
    $metadata: { httpStatusCode: 200, requestId: headers['x-amz-request-id'] ?? '' },
    ArchiveStatus: headers['x-amz-archive-status'] as HeadReply['ArchiveStatus'],
    ChecksumCRC32: headers['x-amz-checksum-crc32'],
    ChecksumType: headers['x-amz-checksum-type'] as HeadReply['ChecksumType'],
    ContentLength: length === undefined ? undefined : Number(length),
    ETag: headers['etag'],
    LastModified,
    Metadata: metadataOf(headers),
    ObjectLockLegalHoldStatus: headers[
      'x-amz-object-lock-legal-hold'
    ] as HeadReply['ObjectLockLegalHoldStatus'],
    ObjectLockRetainUntilDate,
    Restore: headers['x-amz-restore'],
    SSECustomerAlgorithm: headers['x-amz-server-side-encryption-customer-algorithm'],
    ServerSideEncryption: headers[
      'x-amz-server-side-encryption'
    ] as HeadReply['ServerSideEncryption'],
    StorageClass: headers['x-amz-storage-class'] as HeadReply['StorageClass'],
    VersionId: headers['x-amz-version-id'],
  }
}

function metadataOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  const metadata: [string, string][] = []
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(METADATA)) metadata.push([name.slice(METADATA.length), value])
  }
  // also of a hostile name such as __proto__
  return Object.fromEntries(metadata)
}
