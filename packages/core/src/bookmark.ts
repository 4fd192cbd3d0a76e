/**
 * A bookmark: what a snapshot leaves behind that increments can still be sent
 * from when the snapshot itself is gone.
 */
export interface Bookmark {
  /** `pool/fs`. */
  readonly dataset: string
  /** What follows the `#`. */
  readonly bookmark: string
  /** Of the snapshot that it was made from: unsigned 64-bit, in decimal. */
  readonly guid: string
  /** When that snapshot was taken, epoch seconds. */
  readonly created: number
  /** The transaction group that snapshot was taken in, in decimal. */
  readonly createtxg: string
}

/** Write a bookmark's full name: `pool/fs#mark`. */
export function formatBookmarkName({
  dataset,
  bookmark,
}: Pick<Bookmark, 'dataset' | 'bookmark'>): string {
  return `${dataset}#${bookmark}`
}
