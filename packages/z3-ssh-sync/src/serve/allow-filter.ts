import { NotAllowed } from './policy.js'

/** Allowed arguments of a filter: words, and options with a value. */
interface Filter {
  readonly words: RegExp
  readonly values: Readonly<Partial<Record<string, (value: string) => boolean>>>
}

const GIB = 1024 ** 3
const UNITS: Readonly<Partial<Record<string, number>>> = {
  k: 1024,
  m: 1024 ** 2,
  g: GIB,
}

const upTo =
  (most: number) =>
  (value: string): boolean => {
    const [, digits, unit = ''] = /^(\d{1,12})([kMGmg]?)$/.exec(value) ?? []
    return digits !== undefined && Number(digits) * (UNITS[unit.toLowerCase()] ?? 1) <= most
  }

/**
 * Filters between the connection and zfs. Options that read or write a file, open a socket or run a
 * program are not allowed: mbuffer's -i -o -I -O -T -A -l, zstd's -o, -D and --output-dir-flat.
 * None of them accepts an operand, which would be a file.
 */
const FILTERS: Readonly<Partial<Record<string, Filter>>> = {
  mbuffer: {
    words: /^-q$/,
    values: {
      // allocated at once
      '-m': upTo(8 * GIB),
      '-s': upTo(GIB / 16),
      '-r': upTo(1024 * GIB),
      '-R': upTo(1024 * GIB),
    },
  },
  zstd: {
    words: /^(?:-[cdq]+|-(?:[1-9]|1\d)|-T\d{1,2}|--adapt|--fast)$/,
    values: {},
  },
  lz4: { words: /^(?:-[cdq]+|-(?:[1-9]|1[0-2]))$/, values: {} },
  pigz: {
    words: /^(?:-[cdqn]+|-[1-9]|-p\d{1,2})$/,
    values: { '-p': (value) => /^\d{1,2}$/.test(value) },
  },
  gzip: { words: /^(?:-[cdqn]+|-[1-9])$/, values: {} },
}

/** The filters that a client may use. */
export const FILTER_NAMES = Object.keys(FILTERS)

/** Whether this is the name of a filter. */
export function isFilter(file: string): boolean {
  return Object.hasOwn(FILTERS, file)
}

/**
 * Check the arguments of a filter.
 *
 * @throws NotAllowed
 */
export function allowFilter(file: string, args: readonly string[]): void {
  const filter = isFilter(file) ? FILTERS[file] : undefined
  if (!filter) throw new NotAllowed(`'${file}'`)
  const rest = [...args]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const check = Object.hasOwn(filter.values, word) ? filter.values[word] : undefined
    if (check) {
      const value = rest.shift()
      if (value === undefined || !check(value)) {
        throw new NotAllowed(`'${file} ${word} ${value ?? ''}'`)
      }
    } else if (!filter.words.test(word)) {
      throw new NotAllowed(`'${file} ${word}'`)
    }
  }
}
