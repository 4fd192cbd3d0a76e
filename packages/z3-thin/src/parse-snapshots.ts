import { excerpt, Z3Error } from '@z3/core'

/** A snapshot as a line tells it. */
export interface Snapshot {
  /** Epoch seconds. */
  readonly created: number
  /** Each byte as one character (latin1); it is not interpreted. */
  readonly name: string
}

/**
 * Read lines of the time of creation, a tab and a name.
 *
 * A name that comes twice is an error: one of its lines would be kept, the
 * other let go, and with it the snapshot that is kept.
 *
 * @returns the snapshots, oldest first; those of the same time as they came
 * @throws Z3Error `usage`
 */
export function parseSnapshots(
  records: readonly string[],
): readonly Snapshot[] {
  const lines = new Map<string, number>()
  const snapshots = records.map((record, i) => {
    const snapshot = parse(record, i + 1)
    const before = lines.get(snapshot.name)
    if (before !== undefined) {
      throw new Z3Error(
        'usage',
        `line ${String(i + 1)} of the input has the name of line ${String(before)}: '${shown(snapshot.name)}'`,
        { hint: 'List every snapshot once.' },
      )
    }
    lines.set(snapshot.name, i + 1)
    return snapshot
  })
  return snapshots.sort((a, b) => a.created - b.created)
}

function parse(record: string, line: number): Snapshot {
  const [, digits, name] = /^(\d+)\t([^]+)$/.exec(record) ?? []
  const created = Number(digits)
  if (name === undefined || !Number.isSafeInteger(created)) {
    throw new Z3Error(
      'usage',
      `line ${String(line)} of the input is not a time in epoch seconds, a tab and a name: '${shown(record)}'`,
      {
        hint: 'List snapshots with zfs list -Hp -t snapshot -o creation,name.',
      },
    )
  }
  return { created, name }
}

function shown(bytes: string): string {
  // one line, whatever stands in it
  const text = Buffer.from(bytes, 'latin1').toString()
  return excerpt(text).replaceAll('\n', '\\n')
}
