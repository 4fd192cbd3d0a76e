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
  /** The transaction group it was made in, in decimal. */
  readonly createtxg?: string | undefined
  /**
   * Bytes written since its newest snapshot, whoever took that; Infinity where
   * zfs does not tell.
   */
  readonly written: number
}

/** What leaves out datasets that the property selects. */
export interface SelectionOptions {
  /** The property's name, for messages. */
  readonly property?: string
  /**
   * Datasets to leave out with all below them: what `--exclude` names, or the
   * target of a backup when it is on the same host.
   */
  readonly excludePaths?: readonly string[]
  /** Leave out those whose property came with a stream (`zfs receive`). */
  readonly excludeReceived?: boolean
  /**
   * Leave out those with fewer bytes written since their newest snapshot,
   * whoever took that; 0: none.
   */
  readonly excludeUnchanged?: number
}

/** Whether a dataset is selected, and why, in the words to print. */
export interface Selection {
  readonly dataset: string
  readonly type: SelectionRow['type']
  readonly selected: boolean
  /** The property selects it, and an option of this run leaves it out. */
  readonly excluded: boolean
  readonly reason: string
}

const VALUES = ['true', 'child', 'parent', 'false'] as const

/**
 * Tell which datasets a property selects, by zfs-autobackup's rules: `true` a
 * dataset and all below it, `child` only what is below it, `parent` only itself,
 * `false` neither. A dataset below that has the property set itself follows
 * that. Those without the property are left out of the answer.
 *
 * @param rows of a whole host, so that what is inherited can be traced
 * @returns in the order of the rows
 * @throws Z3Error `config`: the property has another value
 */
export function selectDatasets(
  rows: readonly SelectionRow[],
  options: SelectionOptions = {},
): readonly Selection[] {
  const sources = new Map(rows.map(({ dataset, source }) => [dataset, source]))
  return rows.flatMap((row) => {
    // a '-' that somebody has set is a value like any other
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
    // what others have sent to us is theirs to mend
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
