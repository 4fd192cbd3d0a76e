import type { ContextArguments } from '@z3/backup'
import { durationFlag, printable, writeLog, type Io } from '@z3/cli'
import { Z3Error, type StatusRow } from '@z3/core'

/** Options of `z3 status` without --nagios. */
export interface ShowArguments extends ContextArguments {
  readonly operands: readonly string[]
  readonly check?: boolean | undefined
  readonly 'max-age'?: string | undefined
  readonly sort?: string | undefined
  readonly last?: string | undefined
  readonly wide?: boolean | undefined
  readonly color?: string | undefined
  readonly json?: boolean | undefined
  readonly parseable?: boolean | undefined
}

/** The options of a run, checked. */
export interface ShowOptions {
  /** Compare every object with its listing, and exit 3 if anything is wrong. */
  readonly check: boolean
  /** Seconds. */
  readonly maxAge: number | undefined
  /** Rows of each dataset, the newest; undefined: all. */
  readonly last: number | undefined
  readonly isByName: boolean
}

/** @throws Z3Error `usage` */
export function readShowOptions({ check, 'max-age': age, last, sort }: ShowArguments): ShowOptions {
  const maxAge = age === undefined ? undefined : durationFlag('--max-age', age)
  return {
    check: check === true || maxAge !== undefined,
    maxAge,
    last: last === undefined ? undefined : countFlag('--last', last),
    isByName: sort === 'name',
  }
}

function countFlag(flag: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Z3Error('usage', `${flag}: '${text}' is not a number of snapshots`, {
    hint: 'Write an integer, 1 or more.',
  })
}

/** @param byTime all rows of a dataset, the oldest first */
export function chooseRows(
  byTime: readonly StatusRow[],
  { last, isByName }: ShowOptions,
): readonly StatusRow[] {
  const rows = last === undefined ? byTime : byTime.slice(-last)
  // as in the original's table: by the bytes of the names, which are ASCII
  return isByName ? rows.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))) : rows
}

/** Write an error that does not end the run; --quiet does not silence it. */
export function fail(io: Io, dataset: string, line: string): void {
  writeLog(io.stderr, 'z3', { level: 'error', message: printable(line), dataset })
}

/** Why an object is not healthy, or differs from its metadata; undefined: nothing is known. */
export function reasonLine(
  dataset: string,
  { name, health, stored }: StatusRow,
): string | undefined {
  const reason = stored?.problem ?? stored?.remark
  return reason === undefined ? undefined : `${dataset}@${name}: ${health}: ${reason}`
}
