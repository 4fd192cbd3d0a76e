import { OPTIONS, type Key, type Settings } from './options.js'
import type { Value } from './values/value-types.js'

/** The place that sets a value. */
export type Source =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'environment'; readonly name: string }
  | {
      readonly kind: 'file'
      readonly file: string
      readonly line: number
      /** `main`, `fs:DATASET`, `compressor:NAME`. */
      readonly section: string
      /** The key as the file writes it. */
      readonly name: string
    }
  | { readonly kind: 'default' }

/** A source in words: `--bucket`, `/etc/z3/z3.conf:3 [main]`. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case 'flag':
      return source.name
    case 'environment':
      return `environment variable ${source.name}`
    case 'file':
      return `${source.file}:${String(source.line)} [${source.section}]`
    case 'default':
      return 'default'
  }
}

/** A checked value and its source. */
export interface Sourced {
  readonly value: Value
  readonly source: Source
}

/** The settings of one place: the flags, the environment, a section of a file. */
export type Layer<K extends string = Key> = ReadonlyMap<K, Sourced>

/** All layers. */
export interface Layers {
  readonly flags: Layer
  readonly environment: Layer
  /** By the name of the section: `main`, `fs:DATASET`. */
  readonly sections: ReadonlyMap<string, Layer>
}

/** The value of every option and its source. */
export interface Resolved {
  readonly settings: Settings
  readonly sources: Readonly<Record<Key, Source>>
}

/**
 * Find the value of each option in the first layer that has one: flags, environment, the sections
 * of the dataset and of its ancestors from the nearest up, main, default.
 *
 * @param dataset `undefined`: no section of a dataset applies
 */
export function resolveLayers(layers: Layers, dataset: string | undefined): Resolved {
  const names = (dataset ?? '').split('/').filter((name) => name !== '')
  const sections = names.map((_, index) => `fs:${names.slice(0, names.length - index).join('/')}`)
  const stack = [
    layers.flags,
    layers.environment,
    ...[...sections, 'main'].map((section) => layers.sections.get(section)),
  ]
  const settings: Partial<Record<Key, Value | undefined>> = {}
  const sources: Partial<Record<Key, Source>> = {}
  for (const { key, default: fallback } of OPTIONS) {
    const found = stack.find((layer) => layer?.has(key))?.get(key)
    settings[key] = found?.value ?? fallback
    sources[key] = found?.source ?? { kind: 'default' }
  }
  // The loop sets every key, to a value of the type in its row. The compiler cannot see that.
  return { settings: settings as Settings, sources: sources as Record<Key, Source> }
}
