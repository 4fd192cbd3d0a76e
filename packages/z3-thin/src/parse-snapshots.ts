import { excerpt, Z3Error } from '@z3/core'

/** A snapshot from one line of input. */
export interface Snapshot {
  /** Epoch seconds. */
  readonly created: number
  /** Orders snapshots independently of the clock; undefined: not listed. */
  readonly createtxg?: bigint
  /** One character per byte (latin1), not interpreted. */
  readonly name: string
}

/**
 * Parse lines of creation time, tab and name, or, with createtxg in between, of three columns.
 *
 * A duplicate name is an error: if one of its lines were kept and the other not, the snapshot would
 * be destroyed.
 *
 * @param isOrdered every line has createtxg
 * @returns the snapshots, oldest first, by createtxg, else by time; equal ones in input order
 * @throws Z3Error `usage`
 */
export function parseSnapshots(records: readonly string[], isOrdered = false): readonly Snapshot[] {
  const lines = new Map<string, number>()
  const snapshots = records.map((record, i) => {
    const snapshot = parse(record, i + 1, isOrdered)
    const before = lines.get(snapshot.name)
    if (before !== undefined) {
      throw new Z3Error(
        'usage',
        `line ${String(i + 1)} of the input repeats the name in line ${String(before)}: '${shown(snapshot.name)}'`,
        { hint: 'List every snapshot only once.' },
      )
    }
    lines.set(snapshot.name, i + 1)
    return snapshot
  })
  return snapshots.sort(inOrder)
}

function inOrder(a: Snapshot, b: Snapshot): number {
  if (a.createtxg === undefined || b.createtxg === undefined) {
    return a.created - b.created
  }
  return a.createtxg < b.createtxg ? -1 : Number(a.createtxg > b.createtxg)
}

function parse(record: string, line: number, isOrdered: boolean): Snapshot {
  const pattern = isOrdered ? /^(\d+)\t(\d{1,20})\t([^]+)$/ : /^(\d+)\t()([^]+)$/
  const [, digits, txg = '', name] = pattern.exec(record) ?? []
  const created = Number(digits)
  if (name === undefined || !Number.isSafeInteger(created)) {
    const columns = isOrdered ? 'a tab, createtxg, a tab' : 'a tab'
    throw new Z3Error(
      'usage',
      `line ${String(line)} of the input is not epoch seconds, ${columns} and a name: '${shown(record)}'`,
      {
        hint: `List snapshots with zfs list -Hp -t snapshot -o creation,${isOrdered ? 'createtxg,' : ''}name.`,
      },
    )
  }
  return { created, name, ...(isOrdered ? { createtxg: BigInt(txg) } : {}) }
}

function shown(bytes: string): string {
  // a single printable line
  const text = Buffer.from(bytes, 'latin1').toString()
  return excerpt(text).replaceAll('\n', '\\n')
}
