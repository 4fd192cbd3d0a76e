import { OPTIONS, type Key, type Settings } from './options.js'

/** Where a setting's value came from. */
export type Source =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'environment'; readonly name: string }
  | {
      readonly kind: 'file'
      readonly file: string
      readonly line: number
      /** `main` or `fs:DATASET`. */
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

/** The value of every option, and where each came from. */
export interface Resolved {
  readonly settings: Settings
  readonly sources: Readonly<Record<Key, Source>>
}

/**
 * Put the layers on top of each other, option by option: flag, environment, the sections of the
 * dataset and of its ancestors from the nearest up, main, default.
 *
 * @param dataset whose sections count. `undefined`: none do
 */
export function resolveLayers(layers: Layers, dataset: string | undefined): Resolved {
  const names = (dataset ?? '').split('/').filter((name) => name !== '')
  const sections = names.map((_, index) => `fs:${names.slice(0, names.length - index).join('/')}`)
  const stack: readonly (Layer | undefined)[] = [
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
  // The table gives the types, values.ts the values, and a test holds them together; the compiler
  // cannot follow a loop over the keys.
  return { settings: settings as Settings, sources: sources as Record<Key, Source> }
}
