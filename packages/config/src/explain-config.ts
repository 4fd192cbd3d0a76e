import { formatValue } from './values.js'
import { describeSource, type Value } from './layers.js'
import type { LoadedConfig } from './load-config.js'
import { OPTIONS, type Option } from './options.js'
import { formatCommand } from './parse-command.js'

/** One line of what the configuration comes to. */
export interface ExplainedValue {
  /** As in a file; `[compressor:NAME] COMPRESS` for what a section defines. */
  readonly key: string
  /** As a file would write it, a secret masked. undefined: unset. */
  readonly value: string | undefined
  /** Where it comes from, in words. */
  readonly source: string
}

/**
 * Every setting and where it came from, in the order of the table, then the user's own compressors.
 * Secrets are not in it.
 */
export function explainConfig({
  settings,
  sources,
  compressors,
}: Pick<LoadedConfig, 'settings' | 'sources' | 'compressors'>): readonly ExplainedValue[] {
  const rows: ExplainedValue[] = OPTIONS.map((option) => ({
    key: option.key,
    value: shown(option, settings[option.key]),
    source: describeSource(sources[option.key]),
  }))
  for (const [name, codec] of compressors) {
    if (!('sources' in codec)) continue
    for (const direction of ['compress', 'decompress'] as const) {
      rows.push({
        key: `[compressor:${name}] ${direction.toUpperCase()}`,
        value: formatCommand(codec[direction]),
        source: describeSource(codec.sources[direction]),
      })
    }
  }
  return rows
}

function shown(option: Option, value: Value | undefined): string | undefined {
  if (value === undefined) return undefined
  return option.secret ? '********' : formatValue(option, value)
}
