/** A line of a list. Paths have one character per byte (latin1). */
export interface ListLine {
  /** Relative to the directory; undefined: the list is that of one file or device. */
  readonly path: string | undefined
  /** From 0. */
  readonly chunk: number
  /** Hexadecimal. */
  readonly sha1: string
}

/** A line in the format of zfs-check, without its end. */
export function formatLine({ path, chunk, sha1 }: ListLine): string {
  const start = path === undefined ? '' : `${escapePath(path)}\t`
  return `${start}${String(chunk)}\t${sha1}`
}

/**
 * Parse a line of a list. A path may contain tabs: zfs-check escapes nothing.
 *
 * @param hasPath the list is that of a directory
 * @returns undefined if it is no such line
 */
export function parseLine(line: string, hasPath: boolean): ListLine | undefined {
  const pattern = hasPath ? /^([^]+)\t(\d+)\t([0-9a-f]{40})$/ : /^()(\d+)\t([0-9a-f]{40})$/
  const [, path = '', digits, sha1] = pattern.exec(line) ?? []
  const chunk = Number(digits)
  if (sha1 === undefined || !Number.isSafeInteger(chunk)) return undefined
  return { path: hasPath ? unescapePath(path) : undefined, chunk, sha1 }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
}
const MEANINGS = new Map(Object.entries(ESCAPES).map(([byte, escape]) => [escape, byte]))

/**
 * As sha1sum of GNU coreutils does: a backslash before the path says that it has escapes. Other
 * paths, also those with a backslash in the middle, stay as they are.
 */
export function escapePath(path: string): string {
  if (!/^\\|[\t\n\r]/.test(path)) return path
  return `\\${path.replace(/[\\\t\n\r]/g, (byte) => ESCAPES[byte] ?? byte)}`
}

/** A path that only begins like one with escapes is one of zfs-check. */
function unescapePath(text: string): string {
  if (!/^\\([^\\]|\\[\\tnr])+$/.test(text)) return text
  return text.slice(1).replace(/\\[\\tnr]/g, (escape) => MEANINGS.get(escape) ?? escape)
}
