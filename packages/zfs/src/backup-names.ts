import { parseSnapshotName, Z3Error, type NameFormats } from '@z3/core'
import { timeFormat, utcFormat, utcParse } from 'd3-time-format'

/** The names of a backup. */
export interface BackupNames {
  readonly property: string
  readonly holdTag: string
  /** The name (after the `@`) of a snapshot taken at a time. */
  readonly snapshotAt: (date: Date) => string
  /**
   * Whether a snapshot name (after the `@`) belongs to this backup: it parses with the format, and
   * formatting the parsed time yields the same name. Text after the tag separator is ignored.
   */
  readonly isOurs: (snapshot: string) => boolean
}

/**
 * Directives that d3 parses and formats as Python's strftime does. Excluded: %f (we have no
 * microseconds), %Z and %z (their characters are not allowed in names), %-d and similar (variable
 * length).
 */
const DIRECTIVES = 'YmdHMSyjaAbBIpeUWVuwGgsL'

/**
 * Checks and returns the names of a backup.
 *
 * @throws Z3Error `usage`: a name or a format makes a name that zfs rejects, or one that cannot be
 *   parsed back
 */
export function backupNames(name: string, formats: NameFormats): BackupNames {
  if (name === '') throw usage('the name of the backup is empty')
  const property = fill('property', formats.property, name)
  const holdTag = fill('hold', formats.hold, name)
  const snapshot = fill('snapshot', formats.snapshot, name)
  checkProperty(property)
  checkHoldTag(holdTag)
  checkDirectives(snapshot, name, formats.snapshot)
  const write = formats.utc ? utcFormat(snapshot) : timeFormat(snapshot)
  // parse as UTC even if the names contain local time: local time skips an hour in spring, and
  // snapshots from a host in another time zone would not be recognized
  const [writeAgain, read] = [utcFormat(snapshot), utcParse(snapshot)]
  const isPlain = (text: string): boolean => {
    const date = read(text)
    return date !== null && writeAgain(date) === text
  }
  const { tag, tagSeparator } = formats
  for (const text of [tag, tagSeparator]) {
    if (text !== '') continue
    throw usage(
      'a tag needs a non-empty name and separator',
      'Set both --tag and --tag-separator to at least one character.',
    )
  }
  const isOurs = (text: string): boolean =>
    isPlain(text) || withoutTags(text, tagSeparator).some(isPlain)
  const ending = tag === undefined ? '' : `${String(tagSeparator)}${tag}`
  checkSamples(formats.snapshot, (date) => writeAgain(date) + ending, isOurs)
  return {
    property,
    holdTag,
    snapshotAt: (date) => write(date) + ending,
    isOurs,
  }
}

/** Candidates for the name without its tag: both may contain the separator. */
function withoutTags(text: string, separator: string | undefined): readonly string[] {
  if (separator === undefined) return []
  const parts = text.split(separator)
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(separator))
}

/** Inserts the name into a format, as Python's str.format does. */
function fill(what: string, format: string, name: string): string {
  return format.replaceAll(/\{\}|\{\{|\}\}|[{}]/g, (found) => {
    if (found === '{}') return name
    if (found.length === 2) return found.charAt(0)
    throw usage(
      `the ${what} format ${JSON.stringify(format)} contains a stray '${found}' (allowed: {} for the name, {{ and }} for braces)`,
    )
  })
}

/** zfs_prop_user and valid_char of OpenZFS, zfs_prop.c; ZAP_MAXNAMELEN. */
function checkProperty(property: string): void {
  if (!property.includes(':')) {
    throw invalid('property', property, "it contains no ':'")
  }
  const [bad] = /[^-_.:a-z0-9]/u.exec(property) ?? []
  if (bad !== undefined) {
    throw invalid(
      'property',
      property,
      `it contains ${JSON.stringify(bad)} (allowed: a-z 0-9 - _ . :)`,
    )
  }
  checkLength('property', property)
  if (property.startsWith('-')) {
    throw invalid('property', property, "it begins with '-'")
  }
}

/** zfs-hold(8) accepts anything without a leading `.`, but tabs would break its listings. */
function checkHoldTag(tag: string): void {
  if (!/^[^-.]/.test(tag)) {
    throw invalid('hold', tag, "it is empty, or begins with '.' or '-'")
  }
  if (/[^\x20-\x7e]/.test(tag)) {
    throw invalid('hold', tag, 'it contains a non-ASCII character')
  }
  checkLength('hold', tag)
}

const MOST = 255

function checkLength(what: string, text: string): void {
  if (text.length > MOST) {
    throw invalid(what, text, `it exceeds ${String(MOST)} characters`)
  }
}

function checkDirectives(format: string, name: string, given: string): void {
  if (name.includes('%')) {
    throw invalid('snapshot', name, "it contains '%'")
  }
  const directives = [...format.matchAll(/%(.?)/gsu)]
  for (const [text, letter = ''] of directives) {
    if (letter === '' || !DIRECTIVES.includes(letter)) {
      throw usage(
        `the snapshot format contains '${text}', which cannot be parsed back (allowed: ${Array.from(DIRECTIVES, (one) => `%${one}`).join(' ')})`,
      )
    }
  }
  if (directives.length === 0) {
    throw usage(
      `the snapshot format ${JSON.stringify(given)} contains no time: two runs would create the same name`,
      'Use a format such as {}-%Y%m%d%H%M%S.',
    )
  }
}

/** Consecutive days of a leap year, with varying hours, minutes and seconds. */
function* samples(): Generator<Date> {
  const step = (24 * 60 * 60 + 60 * 60 + 60 + 1) * 1000 + 1
  const begin = Date.UTC(2028, 0, 1)
  for (let n = 0; n < 800; n++) yield new Date(begin + n * step)
}

/**
 * Directives that are valid alone may fail in combination: `%U` without a year, `%j` of 366. Only a
 * test shows it.
 */
function checkSamples(
  format: string,
  write: (date: Date) => string,
  isOurs: (snapshot: string) => boolean,
): void {
  for (const date of samples()) {
    const snapshot = write(date)
    try {
      parseSnapshotName(`p@${snapshot}`)
    } catch (cause) {
      if (!(cause instanceof Z3Error)) throw cause
      const [, why = ''] = /": (.*)$/s.exec(cause.message) ?? []
      throw invalid('snapshot', snapshot, why)
    }
    if (!isOurs(snapshot)) {
      throw usage(
        `the snapshot format ${JSON.stringify(format)} cannot be parsed back: '${snapshot}' has no complete time`,
        'Include year, month and day, as in {}-%Y%m%d%H%M%S.',
      )
    }
  }
}

const WHAT: Readonly<Record<string, string>> = {
  property: 'the selecting property',
  hold: 'the hold tag',
  snapshot: 'the snapshot name',
}

function invalid(what: string, text: string, why: string): Z3Error {
  return usage(
    `${WHAT[what] ?? what} would be ${JSON.stringify(text)}: ${why}`,
    'Choose another backup name or format.',
  )
}

function usage(message: string, hint?: string): Z3Error {
  return new Z3Error('usage', message, {
    hint: hint ?? 'See zfsprops(7) and strftime(3).',
  })
}
