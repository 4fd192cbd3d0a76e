import { HeadObjectCommand } from '@aws-sdk/client-s3'
import pLimit from 'p-limit'
import { partsOfEtag } from '../etag.js'
import type { ObjectInfo, ObjectParts } from '../object-info.js'
import { versionOf } from './head-object.js'
import { equalParts, listSizes } from './upload-metadata.js'
import type { S3Connection } from './connection/s3-connection.js'

/** Parallel requests. */
const AT_ONCE = 8

/**
 * Find out how an object was split into parts: from the metadata of pput; else from the server,
 * which may report the size of the first part (not radosgw 16 and Swift) and the number of parts,
 * if all may have equal size.
 *
 * @returns undefined if unknown
 */
export async function findPartSizes(
  s3: S3Connection,
  info: ObjectInfo,
  signal?: AbortSignal,
): Promise<ObjectParts | undefined> {
  const { size, etag, partSizes } = info
  const count = partsOfEtag(etag) ?? 1
  if (count === 1) return { sizes: [size], confirm: () => Promise.resolve(true) }
  const tell = (part: number) => sizeOfPart(s3, info, part, count, signal)
  const noted = partSizes ? listSizes(partSizes, size) : []
  if (noted.length === count) return { sizes: noted, confirm: () => agrees(noted, tell, true) }
  const first = await tell(1)
  const sizes = first === undefined ? [] : listSizes(equalParts(first), size)
  if (sizes.length !== count) return undefined
  return { sizes, confirm: () => agrees(sizes, tell, false) }
}

/**
 * Whether the server reports these sizes for all parts. Copies keep the metadata but may have other
 * parts, and parts may be unequal although the first one matches.
 *
 * @param otherwise the result if the server reports no sizes
 */
async function agrees(
  sizes: readonly number[],
  tell: (part: number) => Promise<number | undefined>,
  otherwise: boolean,
): Promise<boolean> {
  if ((await tell(1)) === undefined) return otherwise
  const limit = pLimit(AT_ONCE)
  const told = await Promise.all(sizes.map((_, index) => limit(() => tell(index + 1))))
  return told.every((part, index) => part === sizes[index])
}

async function sizeOfPart(
  s3: S3Connection,
  { key, etag, version }: ObjectInfo,
  part: number,
  count: number,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const command = new HeadObjectCommand({
    Bucket: s3.bucket,
    Key: key,
    ...versionOf(version),
    PartNumber: part,
    IfMatch: etag,
  })
  try {
    const reply = await s3.client.send(command, signal ? { abortSignal: signal } : {})
    return reply.PartsCount === count ? reply.ContentLength || undefined : undefined
  } catch {
    // not every server supports it, and the object is readable without
    signal?.throwIfAborted()
    return undefined
  }
}
