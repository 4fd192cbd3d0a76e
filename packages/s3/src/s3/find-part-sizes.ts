import { HeadObjectCommand } from '@aws-sdk/client-s3'
import pLimit from 'p-limit'
import { partsOfEtag } from '../etag.js'
import type { ObjectInfo, ObjectParts } from '../object-store.js'
import { equalParts, listSizes } from './upload-metadata.js'
import type { S3Connection } from './connection/s3-connection.js'

/** Requests at once. */
const AT_ONCE = 8

/**
 * Find out how an object was cut into parts: its metadata say so where pput
 * has made it; else the server may tell the size of the first part (radosgw 16
 * and Swift do not), and the number of parts whether all may be equal.
 *
 * @returns undefined where that is not known
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
 * Does the server tell these sizes of all parts? Copies keep the metadata and
 * may have other parts; parts may be unequal although the first fits.
 *
 * @param otherwise where the server tells none
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
  { key, etag }: ObjectInfo,
  part: number,
  count: number,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const command = new HeadObjectCommand({
    Bucket: s3.bucket,
    Key: key,
    PartNumber: part,
    IfMatch: etag,
  })
  try {
    const reply = await s3.client.send(command, signal ? { abortSignal: signal } : {})
    return reply.PartsCount === count ? reply.ContentLength || undefined : undefined
  } catch {
    // not every server has it, and the object can be read without
    signal?.throwIfAborted()
    return undefined
  }
}
