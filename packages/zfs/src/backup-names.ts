import { parseSnapshotName, Z3Error } from '@z3/core'
import { timeFormat, utcFormat, utcParse } from 'd3-time-format'

/** How the names of a backup are made; `{}` stands for the backup's name. */
export interface NameFormats {
  /** Of the property that selects datasets. */
  readonly property: string
  /** Of snapshots: with directives of strftime. */
  readonly snapshot: string
  /** Of the tag that holds snapshots. */
  readonly hold: string
  /** Snapshots are named in UTC, not in local time. */
  readonly utc: boolean
  /** A word behind the names of new snapshots; it needs a separator. */
  readonly tag?: string
  /**
   * What is between the name and the tag. With one, snapshots with any tag are
   * ours, too: zfs-autobackup 4's rule.
   */
  readonly tagSeparator?: string
}

/** zfs-autobackup's. */
export const DEFAULT_FORMATS: NameFormats = {
  property: 'autobackup:{}',
  snapshot: '{}-%Y%m%d%H%M%S',
  hold: 'zfs_autobackup:{}',
  utc: false,
}

/** The names of a backup. */
export interface BackupNames {
  readonly property: string
  readonly holdTag: string
  /** The name, after the `@`, of a snapshot that is taken now. */
  readonly snapshotAt: (date: Date) => string
  /**
   * Whether the name of a snapshot, after the `@`, is one that we give: it reads
   * as the format says, and what was read is written the same way again; what
   * follows a separator of tags does not count.
   */
  readonly isOurs: (snapshot: string) => boolean
}

/**
 * What d3 reads back as python's strftime writes it. Not among them: %f, whose
 * microseconds we do not have; %Z and %z, whose signs no name may have; %-d and
 * the like, whose length varies.
 */
const DIRECTIVES = 'YmdHMSyjaAbBIpeUWVuwGgsL'

/**
 * The names of a backup, all checked.
 *
 * @throws Z3Error `usage`: a name or a format makes a name that zfs does not
 *   take, or one that cannot be told from others later
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
  // in UTC also where names are in local time: there, an hour of spring is
  // missing, and a snapshot of another zone's host would not be ours
  const [writeAgain, read] = [utcFormat(snapshot), utcParse(snapshot)]
  const isPlain = (text: string): boolean => {
    const date = read(text)
    return date !== null && writeAgain(date) === text
  }
  const { tag, tagSeparator } = formats
  for (const text of [tag, tagSeparator]) {
    if (text !== '') continue
    throw usage(
      'a tag, or what is before it, is empty',
      'Give --tag and --tag-separator a character at least.',
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

/** What a name may be without a tag: both may have the separator in them. */
function withoutTags(text: string, separator: string | undefined): readonly string[] {
  if (separator === undefined) return []
  const parts = text.split(separator)
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(separator))
}

/** Put the name into a format, as python's str.format does. */
function fill(what: string, format: string, name: string): string {
  return format.replaceAll(/\{\}|\{\{|\}\}|[{}]/g, (found) => {
    if (found === '{}') return name
    if (found.length === 2) return found.charAt(0)
    throw usage(
      `the format of the ${what}, ${JSON.stringify(format)}, has a '${found}' of its own (allowed: {} for the name, {{ and }} for braces)`,
    )
  })
}

/** zfs_prop_user and valid_char of OpenZFS, zfs_prop.c; ZAP_MAXNAMELEN. */
function checkProperty(property: string): void {
  if (!property.includes(':')) {
    throw invalid('property', property, "it has no ':'")
  }
  const [bad] = /[^-_.:a-z0-9]/u.exec(property) ?? []
  if (bad !== undefined) {
    throw invalid(
      'property',
      property,
      `it has the character ${JSON.stringify(bad)} (allowed: a-z 0-9 - _ . :)`,
    )
  }
  checkLength('property', property)
  if (property.startsWith('-')) {
    throw invalid('property', property, "it begins with '-'")
  }
}

/** zfs-hold(8) takes all but a first `.`; tabs would garble its listings. */
function checkHoldTag(tag: string): void {
  if (!/^[^-.]/.test(tag)) {
    throw invalid('hold', tag, "it is empty, or begins with '.' or '-'")
  }
  if (/[^\x20-\x7e]/.test(tag)) {
    throw invalid('hold', tag, 'it has a character that is not plain ASCII')
  }
  checkLength('hold', tag)
}

const MOST = 255

function checkLength(what: string, text: string): void {
  if (text.length > MOST) {
    throw invalid(what, text, `it is longer than ${String(MOST)} characters`)
  }
}

function checkDirectives(format: string, name: string, given: string): void {
  if (name.includes('%')) {
    throw invalid('snapshot', name, "it has the character '%'")
  }
  const directives = [...format.matchAll(/%(.?)/gsu)]
  for (const [text, letter = ''] of directives) {
    if (letter === '' || !DIRECTIVES.includes(letter)) {
      throw usage(
        `the format of snapshots has '${text}', which cannot be read back (allowed: ${Array.from(DIRECTIVES, (one) => `%${one}`).join(' ')})`,
      )
    }
  }
  if (directives.length === 0) {
    throw usage(
      `the format of snapshots, ${JSON.stringify(given)}, has no time in it: two runs would give the same name`,
      'Write {}-%Y%m%d%H%M%S, for one.',
    )
  }
}

/** Days of a leap year that follow each other, and hours, minutes, seconds. */
function* samples(): Generator<Date> {
  const step = (24 * 60 * 60 + 60 * 60 + 60 + 1) * 1000 + 1
  const begin = Date.UTC(2028, 0, 1)
  for (let n = 0; n < 800; n++) yield new Date(begin + n * step)
}

/**
 * Directives that are fine by themselves may not be together: `%U` without a
 * year, a day that is 366. Trying tells.
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
        `the format of snapshots, ${JSON.stringify(format)}, cannot be parsed back: '${snapshot}' has no complete time`,
        'Give the year, the month and the day, as {}-%Y%m%d%H%M%S does.',
      )
    }
  }
}

const WHAT: Readonly<Record<string, string>> = {
  property: 'the property that selects datasets',
  hold: 'the tag of holds',
  snapshot: 'the name of a snapshot',
}

function invalid(what: string, text: string, why: string): Z3Error {
  return usage(
    `${WHAT[what] ?? what} would be ${JSON.stringify(text)}: ${why}`,
    'Give the backup another name, or another format.',
  )
}

function usage(message: string, hint?: string): Z3Error {
  return new Z3Error('usage', message, {
    hint: hint ?? 'See zfsprops(7) and strftime(3).',
  })
}
