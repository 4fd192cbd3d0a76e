import { Z3Error } from '../errors.js'
import { isWithin } from '../is-within.js'

/** A dataset and the property that may select it, as `zfs get -p` prints them. */
export interface SelectionRow {
  readonly dataset: string
  readonly type: 'filesystem' | 'volume'
  /** `-`: it has no such property. */
  readonly value: string
  /** `local`, `received`, `inherited from X`, `-`. */
  readonly source: string
  /** Transaction group of its creation, in decimal. */
  readonly createtxg?: string | undefined
  /** Bytes written since its newest snapshot of any program; Infinity if unknown. */
  readonly written: number
}

/** Options that exclude datasets that the property selects. */
export interface SelectionOptions {
  /** The property's name, for messages. */
  readonly property?: string
  /**
   * Datasets to exclude with their descendants: those that `--exclude` names, or the target of a
   * backup on the same host.
   */
  readonly excludePaths?: readonly string[]
  /** Exclude datasets whose property was received (`zfs receive`). */
  readonly excludeReceived?: boolean
  /**
   * Exclude datasets with fewer bytes written since their newest snapshot of any program; 0: none.
   */
  readonly excludeUnchanged?: number
}

/** Whether a dataset is selected, and the reason to print. */
export interface Selection {
  readonly dataset: string
  readonly type: SelectionRow['type']
  readonly selected: boolean
  /** The property selects it, but an option of this run excludes it. */
  readonly excluded: boolean
  readonly reason: string
}

const VALUES = ['true', 'child', 'parent', 'false'] as const

/**
 * Decide which datasets a property selects, by the rules of zfs-autobackup: `true` a dataset and
 * its descendants, `child` only its descendants, `parent` only itself, `false` neither. A
 * descendant with a local value uses that. Datasets without the property are not in the result.
 *
 * @param rows of the whole host, to trace inherited values
 * @returns in the order of the rows
 * @throws Z3Error `config`: the property has another value
 */
export function selectDatasets(
  rows: readonly SelectionRow[],
  options: SelectionOptions = {},
): readonly Selection[] {
  const sources = new Map(rows.map(({ dataset, source }) => [dataset, source]))
  return rows.flatMap((row) => {
    // a '-' that was set is a value like any other
    if (row.value === '-' && row.source === '-') return []
    const { dataset, type } = row
    const origin = /^inherited from (.*)$/s.exec(row.source)?.[1]
    const verdict = judge(
      row,
      origin,
      (origin === undefined ? row.source : sources.get(origin)) === 'received',
      options,
    )
    return [{ dataset, type, ...verdict }]
  })
}

type Verdict = Pick<Selection, 'selected' | 'excluded' | 'reason'>

function judge(
  { dataset, value, written }: SelectionRow,
  origin: string | undefined,
  received: boolean,
  {
    property = 'property',
    excludePaths = [],
    excludeReceived = false,
    excludeUnchanged = 0,
  }: SelectionOptions,
): Verdict {
  const inherited = origin !== undefined
  const away = excludePaths.some((path) => isWithin(dataset, path))
  if (!isOneOf(VALUES, value)) {
    // received values can only be corrected at their source
    if (away) return ignored('excluded path')
    throw invalid(property, value, origin ?? dataset)
  }
  if (value === 'false') return ignored('disabled')
  if (value === 'child' && !inherited) return ignored('only childs')
  if (value === 'parent' && inherited) return ignored('only parent')
  if (away) return ignored('excluded path', true)
  if (excludeReceived && received) return ignored('received property', true)
  if (written < excludeUnchanged) {
    return ignored(
      excludeUnchanged === 1
        ? 'no changes since its newest snapshot'
        : `less than ${String(excludeUnchanged)} bytes written since its newest snapshot`,
      true,
    )
  }
  return {
    selected: true,
    excluded: false,
    reason: `Selected (${inherited ? 'inherited' : 'direct'} selection)`,
  }
}

function ignored(why: string, excluded = false): Verdict {
  return { selected: false, excluded, reason: `Ignored (${why})` }
}

function isOneOf<T extends string>(values: readonly T[], value: string): value is T {
  return (values as readonly string[]).includes(value)
}

/** Characters of a value that a message shows; zfs takes 8192. */
const SHOWN = 60

function invalid(property: string, value: string, dataset: string): Z3Error {
  const shown = value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value
  return new Z3Error(
    'config',
    `${property} of '${dataset}' is ${JSON.stringify(shown)} (allowed: ${VALUES.join(', ')})`,
    {
      hint: `Set one of these: zfs set ${property}=VALUE '${dataset}'; or none: zfs inherit ${property} '${dataset}'.`,
    },
  )
}
