import type { Layer, Layers, Sourced, Value } from './layer.js'
import { OPTIONS, type Key, type Settings } from './options.js'
import type { Source } from './source.js'

/** The value of every option, and where each came from. */
export interface Resolved {
  readonly settings: Settings
  readonly sources: Readonly<Record<Key, Source>>
}

/**
 * Put the layers on top of each other, option by option: flag, environment,
 * the sections of the dataset and of its ancestors from the nearest up, main,
 * default.
 *
 * @param dataset whose sections count. `undefined`: none do
 */
export function resolveLayers(layers: Layers, dataset: string | undefined): Resolved {
  const stack: readonly Layer[] = [
    layers.flags,
    layers.environment,
    ...datasetSections(layers, dataset),
    layers.sections.get('main') ?? new Map<Key, Sourced>(),
  ]
  const settings: Partial<Record<Key, Value | undefined>> = {}
  const sources: Partial<Record<Key, Source>> = {}
  for (const option of OPTIONS) {
    const found = stack.find((layer) => layer.has(option.key))?.get(option.key)
    settings[option.key] = found === undefined ? option.default : found.value
    sources[option.key] = found?.source ?? { kind: 'default' }
  }
  // The table gives the types, parse-value.ts the values, and a test holds
  // them together; the compiler cannot follow a loop over the keys.
  return {
    settings: settings as Settings,
    sources: sources as Record<Key, Source>,
  }
}

function datasetSections({ sections }: Layers, dataset: string | undefined): readonly Layer[] {
  const layers: Layer[] = []
  let name = dataset ?? ''
  while (name !== '') {
    const layer = sections.get(`fs:${name}`)
    if (layer !== undefined) layers.push(layer)
    name = name.slice(0, Math.max(0, name.lastIndexOf('/')))
  }
  return layers
}
