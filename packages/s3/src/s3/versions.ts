import {
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  type DeleteMarkerEntry,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3'
import { Z3Error } from '@z3/core'
import type { ObjectVersions } from '../object-store.js'
import type { ObjectVersion, Versioning } from '../object-info.js'
import type { S3Connection } from './connection/s3-connection.js'
import { headObject } from './head-object.js'
import { listPages, summaryOf } from './list-pages.js'

/** The versions of the objects of a bucket of an S3 server. */
export function s3Versions(s3: S3Connection): ObjectVersions {
  return {
    status: (signal) => readStatus(s3, signal),
    list: (prefix, signal) => listVersions(s3, prefix, signal),
    head: (key, version, signal) => headObject(s3, key, signal, version),
  }
}

async function readStatus(
  s3: S3Connection,
  signal: AbortSignal | undefined,
): Promise<Versioning | undefined> {
  const command = new GetBucketVersioningCommand({ Bucket: s3.bucket })
  try {
    const { Status } = await s3.send(
      'read whether versioning is enabled',
      (options) => s3.client.send(command, options),
      signal,
    )
    if (Status === undefined) return 'off'
    return Status === 'Enabled' ? 'enabled' : 'suspended'
  } catch (error) {
    if (error instanceof Z3Error && error.code === 'access-denied') return undefined
    throw error
  }
}

/** @throws Z3Error of `listPages`; `store-rejected` for a version without a time or an id */
async function* listVersions(
  s3: S3Connection,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectVersion> {
  const doing = `list the versions of '${prefix}'`
  const pages = listPages(
    s3,
    {
      doing,
      request: (from: { KeyMarker: string; VersionIdMarker?: string } | undefined, options) =>
        s3.client.send(
          new ListObjectVersionsCommand({ Bucket: s3.bucket, Prefix: prefix, ...from }),
          options,
        ),
      next: ({ NextKeyMarker: key, NextVersionIdMarker: id }) =>
        key ? { KeyMarker: key, ...(id ? { VersionIdMarker: id } : {}) } : undefined,
    },
    signal,
  )
  for await (const page of pages) {
    const { KeyMarker, Versions = [], DeleteMarkers = [] } = page
    // a server that ignores `?versions` sends an ordinary listing, of which none of this is left
    if (KeyMarker === undefined && Versions.length + DeleteMarkers.length === 0) {
      throw new Z3Error(
        'not-implemented',
        `cannot ${doing}: the server sends no versions (${s3.title})`,
        { hint: 'The server does not support versioning.' },
      )
    }
    yield* inOrder(page, s3.title)
  }
}

/**
 * The versions and delete markers of a page, which the SDK separates. Of several within one second,
 * the order is lost: the latest is known, and a version precedes a delete marker, so that an object
 * is shown rather than hidden.
 */
function inOrder(
  { Versions = [], DeleteMarkers = [] }: ListObjectVersionsCommandOutput,
  title: string,
): readonly ObjectVersion[] {
  const objects = Versions.map((entry): ObjectVersion => {
    const version = versionFrom(entry, title)
    const object = summaryOf(version.key, entry, title)
    return { ...version, object: { ...object, version: version.version } }
  })
  const markers = DeleteMarkers.map((entry) => versionFrom(entry, title))
  return [...objects, ...markers].sort(
    (a, b) =>
      Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) ||
      b.modified.getTime() - a.modified.getTime() ||
      Number(b.isLatest) - Number(a.isLatest),
  )
}

function versionFrom(
  { Key, VersionId, LastModified, IsLatest }: DeleteMarkerEntry,
  title: string,
): ObjectVersion {
  if (Key !== undefined && VersionId && LastModified) {
    return {
      key: Key,
      version: VersionId,
      modified: LastModified,
      isLatest: IsLatest === true,
      object: undefined,
    }
  }
  throw new Z3Error(
    'store-rejected',
    `the server lists a version of '${Key ?? ''}' without its id or time (${title})`,
    { hint: 'This is not an S3 server with versioning: check the endpoint.' },
  )
}
