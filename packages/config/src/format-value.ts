import { formatSize } from '@z3/core'
import { formatDuration } from './duration.js'
import type { Value } from './layer.js'
import type { Option } from './options.js'

/** A value as a file or a flag would write it. */
export function formatValue({ type }: Pick<Option, 'type'>, value: Value): string {
  if (typeof value === 'number') {
    if (type === 'size') return formatSize(value)
    return type === 'duration' ? formatDuration(value) : String(value)
  }
  return typeof value === 'string' ? value : value.join(' ')
}
