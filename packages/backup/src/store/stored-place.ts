import type { ObjectStore } from '@z3/s3'

/** Where the snapshots of one dataset are. */
export interface StoredPlace {
  readonly store: ObjectStore
  /** S3_PREFIX, with its slash. */
  readonly prefix: string
  readonly dataset: string
}
