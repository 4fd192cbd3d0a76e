import { hostname } from 'node:os'
import ms, { type StringValue } from 'ms'
import {
  checkDatasetName,
  ENCRYPTORS,
  formatSize,
  parseAge,
  parseSchedule,
  parseSize,
  suggest,
  Z3Error,
} from '@z3/core'
import { parseBucket } from './parse-bucket.js'
import type { Value } from './layers.js'
import { ADDRESSINGS, BUILT_IN, KEEPS, SWITCHES, type Option, type OptionType } from './options.js'

const PARSERS: Record<OptionType, (text: string) => Value> = {
  addressing: (text) => oneOf(text, 'an addressing', ADDRESSINGS),
  age: (text) => (parseAge(text) > 0 ? text : reject(text, 'a length of time', 'more than 0')),
  bucket: (text) => (parseBucket(text), text),
  // a file may define it: compressorProblem
  compressor: (text) => text,
  count: (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : 0
    return Number.isSafeInteger(count) && count > 0
      ? count
      : reject(text, 'a number', 'an integer of at least 1')
  },
  dataset: (text) => (checkDatasetName(text), text),
  duration: (text) =>
    parseDuration(text) ??
    reject(text, 'a duration', 'a number and s, m, h or d, 24d at most: 90s, 15m, 2h'),
  encryptor: (text) => oneOf(text, 'an encryptor', ['none', ...ENCRYPTORS]),
  endpoint: parseEndpoint,
  keep: (text) => oneOf(text, 'a way to keep', KEEPS),
  path: (text) => (text.startsWith('/') ? text : reject(text, 'an absolute path', '/path/to/file')),
  prefix: (text) => `${text.replaceAll('%h', hostname()).replace(/\/+$/, '')}/`,
  recipients: parseRecipients,
  schedule: (text) =>
    text.trim() === ''
      ? reject(text, 'a schedule', '0 to keep only the newest')
      : (parseSchedule(text), text),
  size: (text) =>
    checked(() => parseSize(text)).value ||
    reject(text, 'a size', 'a positive integer, then nothing, K, M, G or T: 64M'),
  snapshot: (text) =>
    /^[\w.:% -]*$/.test(text)
      ? text
      : reject(
          text,
          "the start of a snapshot's name",
          'letters, digits, spaces and .:%-_, without the dataset and the @',
        ),
  switch: (text) => oneOf(text, 'a switch', SWITCHES),
  text: (text) => text,
  token: (text) =>
    /^[\w.-]*$/.test(text) ? text : reject(text, 'one word', 'letters, digits and .-_'),
}

/**
 * Read the text that a flag, a variable or a file gives for an option. The message never repeats a
 * secret, whatever is wrong with it.
 *
 * @returns the value as in Settings: sizes in bytes, durations in milliseconds, endpoints as URLs,
 *   prefixes with one trailing slash, recipients as a list, all else as it was written
 * @throws Z3Error: what is wrong and what is allowed, but not where
 */
export function parseValue(option: Option, text: string): Value {
  if (text !== '' || !option.mayBeEmpty) checkPlain(text)
  return PARSERS[option.type](text)
}

/** A value, or what is wrong with the text that should have been one. */
export type Checked<T> =
  { readonly value: T; readonly what?: never } | { readonly value?: never; readonly what: string }

/** As parseValue, for callers who collect what is wrong. */
export function checkValue(option: Option, text: string): Checked<Value> {
  return checked(() => parseValue(option, text))
}

/** What a parser returns, or the message of the Z3Error that it throws. */
export function checked<T>(parse: () => T): Checked<T> {
  try {
    return { value: parse() }
  } catch (error) {
    if (error instanceof Z3Error) return { what: error.message }
    throw error
  }
}

/** A value as a file or a flag would write it. */
export function formatValue({ type }: Pick<Option, 'type'>, value: Value): string {
  if (typeof value === 'object') return value.join(' ')
  if (typeof value === 'string') return value
  if (type === 'size') return formatSize(value)
  return type === 'duration' ? formatDuration(value) : String(value)
}

/**
 * Check what no text of a file, a flag or a variable may be, whatever it is for.
 *
 * @throws Z3Error `config`
 */
export function checkPlain(text: string): void {
  if (text === '') throw invalid('empty value (omit the setting to leave it unset)')
  // They would end up in headers, keys and argument lists.
  // eslint-disable-next-line no-control-regex -- control characters are meant
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    throw invalid('the value contains a line break, a tab or another control character')
  }
}

/**
 * What is wrong with a value of COMPRESSOR. Apart from parseValue, since the file has to be read
 * first.
 *
 * @param defined the names of `[compressor:NAME]`
 * @returns undefined if it may be named
 */
export function compressorProblem(value: string, defined: Iterable<string>): string | undefined {
  const allowed = [...BUILT_IN, ...defined]
  if (allowed.includes(value)) return undefined
  const meant = suggest(value, allowed)
  const hint = meant === undefined ? '' : `did you mean ${meant}? `
  return refusal(value, 'a compressor', allowed.join(', '), hint)
}

const UNITS = [
  ['d', ms('1d')],
  ['h', ms('1h')],
  ['m', ms('1m')],
  ['s', ms('1s')],
] as const

/**
 * Read a duration: `90s`, `15m`, `1.5h`, `2d`. A bare number is refused, since nobody knows
 * its unit a year later.
 *
 * @returns milliseconds; undefined if it is none from 1 ms to 24 days: the longest that a timer of
 *   Node takes is a day more
 */
function parseDuration(text: string): number | undefined {
  if (!/^\d+(\.\d+)?[smhd]$/.test(text)) return undefined
  const length = Math.round(ms(text as StringValue))
  return length > 0 && length <= ms('24d') ? length : undefined
}

function formatDuration(milliseconds: number): string {
  const [unit, length] =
    UNITS.find(([, each]) => milliseconds % each === 0) ?? (['s', 1000] as const)
  return `${String(milliseconds / length)}${unit}`
}

/**
 * Read an endpoint: a URL, or a bare host name with or without a port, which means https. z3's HOST
 * took the one in pput and the other in z3_get, so no value ever worked for both.
 *
 * @returns a URL without a trailing slash
 */
function parseEndpoint(text: string): string {
  // The text may hold a password before an @: never repeat it.
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

/**
 * Read age recipients, as `age -r` takes them: age(1). SSH keys hold blanks and so stand in a file,
 * which age reads itself. Whether a recipient is whole is for age to say: it knows those of its
 * plugins.
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

function oneOf(text: string, kind: string, allowed: readonly string[]): string {
  return allowed.includes(text) ? text : reject(text, kind, allowed.join(', '))
}

function reject(text: string, kind: string, allowed: string): never {
  throw invalid(refusal(text, kind, allowed))
}

/**
 * The message for a value that is none of those that are allowed. It does not repeat an age
 * identity, a private key: people paste one where its recipient or its file was meant.
 *
 * @param kind what it should have been: `a number`
 * @param guess what it probably was meant to be, ending in a blank
 */
function refusal(text: string, kind: string, allowed: string, guess = ''): string {
  const shown = /AGE-(SECRET-KEY|PLUGIN)-/i.test(text) ? 'an age identity' : `'${text}'`
  const quoted = /^(["']).*\1$/.test(text) ? '; quotes are part of the value' : ''
  return `${shown} is not ${kind} (${guess}allowed: ${allowed}${quoted})`
}

function invalid(what: string): Z3Error {
  return new Z3Error('config', what)
}
