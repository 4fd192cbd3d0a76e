import { Z3Error } from '@z3/core'
import type { S3Connection, SendOptions } from './s3-connection.js'

const HINT =
  'This is not the answer of an S3 server that has the bucket: check the endpoint (S3_ENDPOINT, HOST), BUCKET and what is on the way there.'

/**
 * Ask for a page of a listing. What is no listing must not be taken for an
 * empty one.
 *
 * @throws Z3Error never `no-such-key`: a listing is of the bucket
 */
export async function listPage<
  T extends { readonly IsTruncated?: boolean | undefined },
>(
  s3: S3Connection,
  doing: string,
  request: (options: SendOptions) => Promise<T>,
): Promise<T> {
  const rejected = (answer: string, cause?: unknown) =>
    new Z3Error(
      'store-rejected',
      `cannot ${doing}: the server answered ${answer} (${s3.title})`,
      { hint: HINT, ...(cause === undefined ? {} : { cause }) },
    )
  let page: T
  try {
    page = await s3.send(doing, request)
  } catch (error) {
    const bare404 = error instanceof Z3Error && error.code === 'no-such-key'
    throw bare404 ? rejected('404', error) : error
  }
  // every server tells whether there is more, and a proxy's page does not
  if (page.IsTruncated === undefined) throw rejected('what is no listing')
  return page
}
