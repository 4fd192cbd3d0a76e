import type { startBinary } from '@z3/fixtures'
import type { Deed } from './case.js'
import type { Outcome } from './disturb.js'

/** What a case runs, and what the law is checked on. */
export interface Subject {
  readonly binary: Parameters<typeof startBinary>[0]
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Put everything into the state that the scene begins with. */
  reset(): Promise<void>
  /** Give it the room that it did not have. */
  relieve?(): Promise<unknown>
  /** What is there, by name: an ETag or a guid. */
  look(): Promise<ReadonlyMap<string, string>>
  /** Names that are there after a success. */
  readonly wanted: readonly string[]
  /** Names whose object may be another one afterwards. */
  readonly replaced?: readonly string[]
  /** What was there may have another name afterwards. */
  readonly renames?: true
  /** May this be there although the run has failed? */
  mayStand(name: string, outcome: Outcome): boolean
  /**
   * What is wrong with what is there now and was not before; undefined: it is whole, and is
   * what its name says.
   */
  damage(name: string): Promise<string | undefined>
  /** What pends after a run, once it was cleaned up after. */
  pending(): Promise<readonly string[]>
  /** What other programs can do to it meanwhile. */
  readonly deeds: Partial<Record<Deed, () => Promise<unknown>>>
}
