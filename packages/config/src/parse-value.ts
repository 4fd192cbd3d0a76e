import { checkDatasetName, ENCRYPTORS, parseSize, Z3Error } from '@z3/core'
import { parseDuration } from './duration.js'
import type { Value } from './layer.js'
import { ADDRESSINGS, type Option, type OptionType } from './options.js'
import { parseBucket } from './parse-bucket.js'
import { parseEndpoint } from './parse-endpoint.js'
import { parseRecipients } from './parse-recipients.js'
import { refusal } from './refusal.js'

const PARSERS: Record<OptionType, (text: string) => Value> = {
  addressing: (text) =>
    ADDRESSINGS.find((name) => name === text) ??
    reject(text, 'an addressing', ADDRESSINGS.join(', ')),
  bucket: (text) => {
    parseBucket(text)
    return text
  },
  // a file may define it: compressor-problem.ts
  compressor: (text) => text,
  count: (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : 0
    return Number.isSafeInteger(count) && count > 0
      ? count
      : reject(text, 'a number', 'an integer, 1 or more')
  },
  dataset: (text) => {
    checkDatasetName(text)
    return text
  },
  duration: (text) =>
    parseDuration(text) ??
    reject(text, 'a length of time', 'a number and s, m, h or d, 24d at most: 90s, 15m, 2h'),
  encryptor: (text) =>
    ['none', ...ENCRYPTORS].find((name) => name === text) ??
    reject(text, 'an encryptor', ['none', ...ENCRYPTORS].join(', ')),
  endpoint: parseEndpoint,
  path: (text) => (text.startsWith('/') ? text : reject(text, 'an absolute path', '/path/to/file')),
  prefix: (text) => `${text.replace(/\/+$/, '')}/`,
  recipients: parseRecipients,
  size: (text) => sizeOf(text),
  snapshot: (text) =>
    /^[\w.:% -]*$/.test(text)
      ? text
      : reject(
          text,
          "the start of a snapshot's name",
          'letters, digits, spaces and .:%-_, without the dataset and the @',
        ),
  text: (text) => text,
  token: (text) =>
    /^[\w.-]*$/.test(text) ? text : reject(text, 'one word', 'letters, digits and .-_'),
}

/**
 * Read the text that a flag, a variable or a file gives for an option. The
 * message never repeats a secret, whatever is wrong with it.
 *
 * @returns the value as in Settings: sizes in bytes, durations in
 *   milliseconds, endpoints as URLs,
 *   prefixes with one trailing slash, recipients as a list, all else as it was
 *   written
 * @throws Z3Error: what is wrong and what is allowed, but not where
 */
export function parseValue(option: Option, text: string): Value {
  if (text !== '' || !option.mayBeEmpty) checkPlain(text)
  return PARSERS[option.type](text)
}

/**
 * Check what no text of a file, a flag or a variable may be, whatever it is for.
 *
 * @throws Z3Error `config`
 */
export function checkPlain(text: string): void {
  if (text === '') {
    throw new Z3Error('config', 'empty value (leave it out where nothing is meant)')
  }
  // They would end up in headers, keys and argument lists.
  // eslint-disable-next-line no-control-regex -- control characters are meant
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    throw new Z3Error('config', 'the value holds a line break, a tab or another control character')
  }
}

function sizeOf(text: string): number {
  const allowed = 'a positive integer, then nothing, K, M, G or T: 64M'
  try {
    const bytes = parseSize(text)
    return bytes > 0 ? bytes : reject(text, 'a size', allowed)
  } catch {
    return reject(text, 'a size', allowed)
  }
}

function reject(text: string, kind: string, allowed: string): never {
  throw new Z3Error('config', refusal(text, kind, allowed))
}
