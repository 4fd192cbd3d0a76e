import type { Key } from './options.js'
import type { Source } from './source.js'

/** What the text of an option becomes. */
export type Value = string | number | readonly string[]

/** A checked value and where it stands. */
export interface Sourced {
  readonly value: Value
  readonly source: Source
}

/** What one place sets: the flags, the environment, a section of a file. */
export type Layer = ReadonlyMap<Key, Sourced>

/** The layers, as they were read. */
export interface Layers {
  readonly flags: Layer
  readonly environment: Layer
  /** By the name of the section: `main`, `fs:DATASET`. */
  readonly sections: ReadonlyMap<string, Layer>
}
