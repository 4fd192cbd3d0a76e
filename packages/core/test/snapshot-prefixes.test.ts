import t from 'tap'
import { describePrefixes, groupByPrefix } from '../src/index.js'

/** `autosnap_ 2, monday 1` */
const grouped = (names: readonly string[]): string =>
  groupByPrefix(names)
    .map(({ prefix, count }) => `${prefix} ${String(count)}`)
    .join(', ')

const NAMES: readonly (readonly [string, string])[] = [
  ['autosnap_2026-11-30_00:00:01_daily', 'autosnap_'],
  ['zfs-auto-snap_daily-2026-11-30-0025', 'zfs-auto-snap_daily-'],
  ['zfs-auto-snap:daily-2026-11-30-00h25', 'zfs-auto-snap:daily-'],
  ['offsite1-20261130002500', 'offsite1-'],
  ['zrepl_20261130_002500_000', 'zrepl_'],
  ['auto-2026-11-30_00-00', 'auto-'],
  ['GMT-2026.11.30-00.25.00', 'GMT-'],
  ['day-12', 'day-'],
  ['v2-final', 'v2-final'],
  ['monday', 'monday'],
  ['a', 'a'],
  ['2026-11-30', ''],
  ['7', ''],
]
for (const [name, prefix] of NAMES) t.equal(grouped([name]), `${prefix} 1`, name)

t.equal(grouped([]), '', 'none')
t.equal(
  grouped(['monday', 'day-1', 'autosnap_2026-01-01', 'day-2', 'autosnap_2026-01-02', 'day-3']),
  'day- 3, autosnap_ 2, monday 1',
  'the largest first',
)
t.equal(grouped(['b', 'a', 'c']), 'a 1, b 1, c 1', 'then by name')

const hundred = Array.from({ length: 45 }, (_, i) => `autosnap_2026-01-01_${String(i)}`)
for (const [names, expected] of [
  [[], undefined],
  [
    [...hundred, 'monday'],
    "Existing prefixes: autosnap_ 45, monday 1; use --snapshot-prefix=autosnap_, or 'SNAPSHOT_PREFIX = autosnap_' in [fs:tank/a].",
  ],
  [
    ['2026-11-30', '2026-12-01', 'x'],
    "Existing prefixes: (date only) 2, x 1; use --snapshot-prefix=, or 'SNAPSHOT_PREFIX = ' in [fs:tank/a].",
  ],
  [
    ['my day 2026-01-01'],
    "Existing prefixes: my day  1; use --snapshot-prefix='my day ', or 'SNAPSHOT_PREFIX = my day ' in [fs:tank/a].",
  ],
  [
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
    "Existing prefixes: a 1, b 1, c 1, d 1, e 1, and 2 other prefixes; use --snapshot-prefix=a, or 'SNAPSHOT_PREFIX = a' in [fs:tank/a].",
  ],
] as const) {
  t.equal(describePrefixes('tank/a', names), expected, names.join(' '))
}
