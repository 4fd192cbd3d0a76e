/** A bookmark. It outlives its snapshot, and increments can still be sent from it. */
export interface Bookmark {
  /** `pool/fs`. */
  readonly dataset: string
  /** What follows the `#`. */
  readonly bookmark: string
  /** Guid of the bookmarked snapshot: unsigned 64-bit, in decimal. */
  readonly guid: string
  /** Creation of that snapshot, epoch seconds. */
  readonly created: number
  /** Transaction group of that snapshot, in decimal. */
  readonly createtxg: string
}

/** Write a bookmark's full name: `pool/fs#mark`. */
export function formatBookmarkName({
  dataset,
  bookmark,
}: Pick<Bookmark, 'dataset' | 'bookmark'>): string {
  return `${dataset}#${bookmark}`
}
