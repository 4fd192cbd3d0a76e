import type { Io } from '../io.js'

/** What an output can show. */
export interface Display {
  /** Columns. */
  readonly width: number
  /** Stands for what is cut out of a name. */
  readonly ellipsis: string
  readonly hasColor: boolean
  /** A terminal that can move its cursor. */
  readonly canRedraw: boolean
}

/** Values of --color. */
export const COLORS = ['auto', 'always', 'never'] as const

const DEFAULT_WIDTH = 80

/**
 * What standard output or standard error can show. NO_COLOR counts as on https://no-color.org; the
 * width comes from the terminal, else from COLUMNS, else it is 80.
 *
 * @param color of the command line, which NO_COLOR does not override
 */
export function displayOf(
  { env, isTerminal, columns }: Pick<Io, 'env' | 'isTerminal' | 'columns'>,
  fd: number,
  color: string = 'auto',
): Display {
  const { TERM: term = '', NO_COLOR: noColor = '', COLUMNS: given = '' } = env
  const canRedraw = isTerminal(fd) && term !== '' && term !== 'dumb'
  const known = [columns?.(fd), Number(given)].find(isWidth)
  return {
    width: known ?? DEFAULT_WIDTH,
    ellipsis: isUtf8(env) ? '…' : '...',
    hasColor: color === 'always' || (color === 'auto' && canRedraw && noColor === ''),
    canRedraw,
  }
}

function isWidth(columns: number | undefined): columns is number {
  return columns !== undefined && Number.isSafeInteger(columns) && columns > 0
}

/** By locale(7): the first of the three that is set decides. */
function isUtf8(env: NodeJS.ProcessEnv): boolean {
  const names = ['LC_ALL', 'LC_CTYPE', 'LANG']
  const locale = names.map((name) => env[name] ?? '').find((value) => value !== '')
  return /utf-?8$/i.test(locale ?? '')
}
