import { hostname } from 'node:os'
import ms, { type StringValue } from 'ms'
import {
  checkDatasetName,
  COMPRESSORS,
  ENCRYPTORS,
  formatSize,
  parseAge,
  parseRate,
  parseSchedule,
  parseSize,
  suggest,
  type Command,
  type KeepCommon,
} from '@z3/core'
import { parseBucket } from './parse-bucket.js'
import { formatCommand, parseCommand } from './parse-command.js'
import { parseLock } from './parse-lock.js'
import { parseTags } from './parse-tags.js'
import { checked, invalid, type Checked } from '../problem.js'

/** The value of an option. */
export type Value = string | number | readonly string[] | Command

/** What the text of an option may be, and what it becomes. */
interface ValueType<T extends Value> {
  /** The name of the value in help. */
  readonly metavar: string
  /** Throws a Z3Error that says what is wrong and what is allowed, but not where. */
  readonly parse: (text: string) => T
  /** All values, for help. */
  readonly choices?: readonly string[]
}

/** The compressors of COMPRESSOR that are not defined in a file. */
const BUILT_IN = ['none', ...COMPRESSORS.keys(), 'gpg']
const KEEPS = ['bookmark', 'hold', 'none'] as const satisfies readonly KeepCommon[]

/** More than any network needs. */
const MOST_THREADS = 16

/** The types of options. Sizes become bytes, durations milliseconds; most others stay as written. */
export const VALUE_TYPES = {
  addressing: choice('STYLE', 'an addressing style', ['auto', 'path', 'virtual']),
  age: type('AGE', (text) =>
    parseAge(text) > 0 ? text : reject(text, 'a length of time', 'more than 0'),
  ),
  bucket: type('BUCKET', (text) => (parseBucket(text), text)),
  command: type('COMMAND', parseCommand),
  compressor: {
    metavar: 'NAME',
    // a file may define it: compressorProblem
    parse: (text: string) => text,
    choices: [...BUILT_IN, 'a [compressor:NAME] section'],
  },
  count: type('N', (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : 0
    return Number.isSafeInteger(count) && count > 0
      ? count
      : reject(text, 'a number', 'an integer of at least 1')
  }),
  dataset: type('DATASET', (text) => (checkDatasetName(text), text)),
  duration: type('TIME', parseDuration),
  encryptor: choice('NAME', 'an encryptor', ['none', ...ENCRYPTORS]),
  endpoint: type('URL', parseEndpoint),
  keep: choice('HOW', 'a kind of protection', KEEPS),
  kmsKey: matching('KEY', /^[\w:/.+=@-]*$/, 'a KMS key', 'an ID, an ARN, or an alias: alias/NAME'),
  lock: {
    metavar: 'MODE:AGE',
    parse: (text: string) => (parseLock(text), text),
    choices: ['none', 'governance:AGE', 'compliance:AGE'],
  },
  logFormat: choice('FORMAT', 'a format', ['text', 'json']),
  path: matching('FILE', /^\//, 'an absolute path', '/path/to/file'),
  pingUrl: type('URL', parsePingUrl),
  prefix: type('PREFIX', (text) => `${text.replaceAll('%h', hostname()).replace(/\/+$/, '')}/`),
  rate: type('RATE', (text) => (parseRate(text), text)),
  recipients: type('RECIPIENTS', parseRecipients),
  schedule: type('SCHEDULE', (text) =>
    text.trim() === ''
      ? reject(text, 'a schedule', '0 to keep only the newest')
      : (parseSchedule(text), text),
  ),
  size: type(
    'SIZE',
    (text) =>
      checked(() => parseSize(text)).value ||
      reject(text, 'a size', 'a positive integer, then nothing, K, M, G or T: 64M'),
  ),
  snapshot: matching(
    'PREFIX',
    /^[\w.:% -]*$/,
    "the start of a snapshot's name",
    'letters, digits, spaces and .:%-_, without the dataset and the @',
  ),
  sse: choice('HOW', 'an encryption', ['none', 'AES256', 'aws:kms']),
  switch: choice('yes|no', 'a switch', ['yes', 'no']),
  tags: type('KEY=VALUE', (text) => (parseTags(text), text)),
  text: type('TEXT', (text) => text),
  threads: type('N', (text) =>
    /^\d+$/.test(text) && Number(text) <= MOST_THREADS
      ? Number(text)
      : reject(text, 'a number of threads', `an integer from 0 to ${String(MOST_THREADS)}`),
  ),
  token: matching('WORD', /^[\w.-]*$/, 'one word', 'letters, digits and .-_'),
} as const
export type OptionType = keyof typeof VALUE_TYPES

/** The type of the value of an option. */
export type ValueOf<T extends OptionType> = ReturnType<(typeof VALUE_TYPES)[T]['parse']>

/** What the value of an option depends on. */
export interface Typed {
  readonly type: OptionType
  /** The meaning of an empty value. `undefined`: an empty value is an error. */
  readonly empty?: string | undefined
}

/**
 * Read the text that a flag, a variable or a file gives for an option. The message never contains
 * the value of a secret.
 *
 * @param text a list of words only for a command
 */
export function checkValue(
  { type, empty }: Typed,
  text: string | readonly string[],
): Checked<Value> {
  return checked(() => {
    if (typeof text === 'string') {
      if (text !== '' || empty === undefined) checkPlain(text)
      return VALUE_TYPES[type].parse(text)
    }
    if (type !== 'command') throw invalid('a list (allowed: a single word, number or string)')
    // an empty argument is an argument
    for (const word of text) if (word !== '') checkPlain(word)
    return parseCommand(text)
  })
}

/** Write a value as a file or a flag contains it. */
export function formatValue({ type }: Pick<Typed, 'type'>, value: Value): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object') return 'file' in value ? formatCommand(value) : value.join(' ')
  if (type === 'size') return formatSize(value)
  return type === 'duration' ? formatDuration(value) : String(value)
}

/**
 * Check the value of COMPRESSOR, after the file has been read.
 *
 * @param defined the names of `[compressor:NAME]`
 * @returns what is wrong
 */
export function compressorProblem(value: string, defined: Iterable<string>): string | undefined {
  const allowed = [...BUILT_IN, ...defined]
  if (allowed.includes(value)) return undefined
  const meant = suggest(value, allowed)
  const hint = meant === undefined ? '' : `did you mean ${meant}? `
  return refusal(value, 'a compressor', allowed.join(', '), hint)
}

function checkPlain(text: string): void {
  if (text === '') throw invalid('empty value (omit the setting to leave it unset)')
  // They would end up in headers, keys and argument lists.
  // eslint-disable-next-line no-control-regex -- control characters are meant
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    throw invalid('the value contains a line break, a tab or another control character')
  }
}

/**
 * Read a duration: `90s`, `15m`, `1.5h`, `2d`. The unit is required, since nobody remembers the
 * unit of a bare number.
 *
 * @returns milliseconds, at most 24 days: a timer of Node.js takes at most one day more
 */
function parseDuration(text: string): number {
  const length = /^\d+(\.\d+)?[smhd]$/.test(text) ? Math.round(ms(text as StringValue)) : 0
  return length > 0 && length <= ms('24d')
    ? length
    : reject(text, 'a duration', 'a number and s, m, h or d, at most 24d: 90s, 15m, 2h')
}

function formatDuration(milliseconds: number): string {
  const unit = (['d', 'h', 'm'] as const).find((each) => milliseconds % ms(`1${each}`) === 0) ?? 's'
  return `${String(milliseconds / ms(`1${unit}`))}${unit}`
}

/**
 * Read an endpoint: a URL, or a host name with an optional port, which means https. The HOST of
 * presslabs' z3 was a host name for pput and a URL for z3_get.
 *
 * @returns a URL without a trailing slash
 */
function parseEndpoint(text: string): string {
  // The text may contain a password before the @: never repeat it.
  if (text.includes('@')) {
    throw invalid(
      'an endpoint cannot contain a user name or password (use S3_KEY_ID and S3_SECRET)',
    )
  }
  const bare = !text.includes('://')
  const full = bare ? `https://${text}` : text
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.search + url.hash !== '' ||
    (bare && text.includes('/')) ||
    /[\s?#]/.test(text)
  ) {
    throw invalid(`'${text}' is not an endpoint (a host name, or a URL with http or https)`)
  }
  return url.href.replace(/\/+$/, '')
}

/** Read a URL to request. It is a secret: the message does not repeat it. */
function parsePingUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (!url || !isWeb || url.username !== '' || url.password !== '') {
    throw invalid('not a URL to request (allowed: http or https, without a user name)')
  }
  return url.href
}

/**
 * Read age recipients, as `age -r` takes them: age(1). SSH keys contain spaces, so they belong into
 * a file, which age reads. age checks the rest of a recipient, since plugins have their own.
 */
function parseRecipients(text: string): readonly string[] {
  const allowed = 'age1…, several separated by spaces or commas'
  const recipients = text.split(/[\s,]+/).filter((word) => word !== '')
  if (recipients.length === 0) throw invalid(`no recipient (allowed: ${allowed})`)
  for (const recipient of recipients) {
    if (/^age1[0-9a-z+._-]+$/.test(recipient)) continue
    const ssh = recipient.startsWith('ssh-')
      ? '; put SSH keys into the file that AGE_RECIPIENTS_FILE names'
      : ''
    reject(recipient, 'an age recipient', `${allowed}${ssh}`)
  }
  return recipients
}

function type<T extends Value>(metavar: string, parse: (text: string) => T): ValueType<T> {
  return { metavar, parse }
}

function choice<const T extends string>(
  metavar: string,
  kind: string,
  choices: readonly T[],
): ValueType<T> {
  const parse = (text: string) =>
    choices.find((each) => each === text) ?? reject(text, kind, choices.join(', '))
  return { metavar, parse, choices }
}

function matching(
  metavar: string,
  pattern: RegExp,
  kind: string,
  allowed: string,
): ValueType<string> {
  return type(metavar, (text) => (pattern.test(text) ? text : reject(text, kind, allowed)))
}

function reject(text: string, kind: string, allowed: string): never {
  throw invalid(refusal(text, kind, allowed))
}

/**
 * The message for an invalid value. It does not repeat an age identity, which is a private key:
 * people paste one in place of its recipient or its file.
 *
 * @param kind what is expected: `a number`
 * @param guess ends in a space
 */
function refusal(text: string, kind: string, allowed: string, guess = ''): string {
  const shown = /AGE-(SECRET-KEY|PLUGIN)-/i.test(text) ? 'an age identity' : `'${text}'`
  const quoted = /^(["']).*\1$/.test(text) ? '; quotes are part of the value' : ''
  return `${shown} is not ${kind} (${guess}allowed: ${allowed}${quoted})`
}
