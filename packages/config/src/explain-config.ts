import { describeSource, type Source } from './layers.js'
import type { LoadedConfig } from './load-config.js'
import { OPTIONS } from './options.js'
import { formatValue, type Typed, type Value } from './values/value-types.js'

/** A line of `z3 config`. */
export interface ExplainedValue {
  /** As in a file; `[compressor:NAME] COMPRESS` for a compressor of the file. */
  readonly key: string
  /** As in a file, secrets masked. undefined: unset. */
  readonly value: string | undefined
  /** In words. */
  readonly source: string
}

/**
 * List every setting and its source in the order of the table, then the compressors that the file
 * defines. Secrets are masked.
 */
export function explainConfig({
  settings,
  sources,
  compressors,
}: Pick<LoadedConfig, 'settings' | 'sources' | 'compressors'>): readonly ExplainedValue[] {
  const row = (key: string, type: Typed, value: Value | undefined, source: Source) => ({
    key,
    value: value === undefined ? undefined : formatValue(type, value),
    source: describeSource(source),
  })
  return [
    ...OPTIONS.map((option) => {
      const { key, secret } = option
      const value = settings[key]
      return row(key, option, secret && value !== undefined ? '********' : value, sources[key])
    }),
    ...[...compressors].flatMap(([name, codec]) =>
      'sources' in codec
        ? (['compress', 'decompress'] as const).map((direction) =>
            row(
              `[compressor:${name}] ${direction.toUpperCase()}`,
              { type: 'command' },
              codec[direction],
              codec.sources[direction],
            ),
          )
        : [],
    ),
  ]
}
