import type { SnapshotFacts } from '@z3/zfs'
import type { Outcome } from './outcome.js'
import type { Source, SourceDataset } from './read-source.js'
import type { Target } from './read-target.js'
import type { World } from './world.js'

/** One dataset to bring up to date at one target. */
export interface DatasetRequest {
  readonly dataset: SourceDataset
  /** Where it goes. */
  readonly to: string
  readonly source: Source
  readonly target: Target
  readonly world: World
  /** Another target needs this snapshot of the source. */
  readonly isNeeded: (snapshot: SnapshotFacts) => boolean
  readonly outcome: Outcome
}
