import type { DatasetReport } from './assess.js'
import type { Local } from './load/load-local.js'
import type { UnreadDataset } from './load/load-stored-datasets.js'

/** Everything that the page shows. */
export interface Page {
  /** The store, as its messages name it. */
  readonly title: string
  /** S3_PREFIX without the sections of datasets. */
  readonly prefix: string
  readonly host: string
  /** Version of z3. */
  readonly version: string
  /** Epoch seconds. */
  readonly now: number
  readonly datasets: readonly (DatasetReport | UnreadDataset)[]
  readonly local: Local
  /** A command line of z3, from its words. */
  readonly commandOf: (words: readonly string[]) => readonly string[]
}
