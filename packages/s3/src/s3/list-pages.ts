import { Z3Error } from '@z3/core'
import type { ObjectSummary } from '../object-info.js'
import type { S3Connection, SendOptions } from './connection/s3-connection.js'

const HINT =
  'This is not an S3 server with this bucket: check the endpoint (S3_ENDPOINT, HOST), BUCKET and any proxy.'

interface Page {
  readonly IsTruncated?: boolean | undefined
}

/** A listing of the bucket, page by page. */
export interface Listing<T extends Page, Marker> {
  /** For messages: `list 'prefix'`. */
  readonly doing: string
  /** @param from the marker of the page; undefined for the first */
  readonly request: (from: Marker | undefined, options: SendOptions) => Promise<T>
  /** The marker of the next page; undefined if the page has none. */
  readonly next: (page: T) => Marker | undefined
}

/**
 * All pages of a listing. An invalid response must not look like an empty listing, nor a truncated
 * one like a complete one.
 *
 * The SDK's paginators do not replace this loop: there is none for multipart uploads. Those for
 * objects and parts end at the first error, so that a page can be requested again only through a
 * client that hides the retries; they ignore IsTruncated; and every check below would remain.
 * https://github.com/smithy-lang/smithy-typescript: createPaginator in packages/core
 *
 * @throws Z3Error never `no-such-key`: a listing is of the bucket.
 *   `store-rejected` where a page says that there is more, but not where, or
 *   leads back to a page that was read already
 */
export async function* listPages<T extends Page, Marker>(
  s3: S3Connection,
  { doing, request, next }: Listing<T, Marker>,
  signal?: AbortSignal,
): AsyncGenerator<T> {
  const rejected = (what: string, cause?: unknown) =>
    new Z3Error('store-rejected', `cannot ${doing}: ${what} (${s3.title})`, {
      hint: HINT,
      ...(cause === undefined ? {} : { cause }),
    })
  const seen = new Set<string>()
  let from: Marker | undefined
  for (;;) {
    const begin = from
    let page: T
    try {
      page = await s3.send(doing, (options) => request(begin, options), signal)
    } catch (error) {
      const bare404 = error instanceof Z3Error && error.code === 'no-such-key'
      throw bare404 ? rejected('the server responded 404', error) : error
    }
    // every server says whether there is more, a proxy's page does not
    if (page.IsTruncated === undefined) {
      throw rejected('the response is not a listing')
    }
    yield page
    if (!page.IsTruncated) return
    from = next(page)
    if (from === undefined) {
      throw rejected('the server does not say where the next page begins')
    }
    const text = JSON.stringify(from)
    if (seen.has(text)) {
      throw rejected('the server repeats the same page')
    }
    seen.add(text)
  }
}

/** An entry of a listing, as the SDK has it. */
interface Entry {
  readonly Size?: number | undefined
  readonly ETag?: string | undefined
  readonly LastModified?: Date | undefined
  readonly StorageClass?: string | undefined
}

/**
 * @param title the store, for messages
 * @throws Z3Error `store-rejected` without a size, which is unknown, never 0
 */
export function summaryOf(
  key: string,
  { Size: size, ETag: etag = '', LastModified: modified, StorageClass: storageClass }: Entry,
  title: string,
): ObjectSummary {
  if (size !== undefined) {
    return { key, size, etag, modified, storageClass: parseStorageClass(storageClass) }
  }
  throw new Z3Error('store-rejected', `the server lists '${key}' without a size (${title})`, {
    hint: 'This is not an S3 server: check the endpoint.',
  })
}

/** @returns undefined for what is no name of a class, but might be an escape sequence */
export function parseStorageClass(text: string | undefined): string | undefined {
  return text !== undefined && /^[!-~]{1,64}$/.test(text) ? text : undefined
}
