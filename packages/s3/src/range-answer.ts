import { Z3Error } from '@z3/core'

/** What a range request asked for, and what `head` said of the object. */
export interface WantedRange {
  readonly key: string
  /** First byte, from 0. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
  readonly etag: string
  /** Bytes of the whole object. */
  readonly size: number
  /** The store, for messages. */
  readonly title: string
}

type Headers = Readonly<Record<string, string>>

/**
 * See whether the head of a successful answer is about the wanted range of the
 * wanted object. Not every server heeds If-Match, some ignore Range, the answer
 * to the HEAD may have come from a proxy that knows no better, and proxies that
 * compress change the body (an object that is stored compressed has the length
 * that was asked for).
 *
 * @throws Z3Error `object-changed`: another ETag; `size-mismatch`: the answers
 *   to HEAD and GET disagree about the size; an error `ERR_RANGE_IGNORED` for
 *   a body that is not the range
 */
export function checkAnswer(wanted: WantedRange, status: number, headers: Headers): void {
  const { key, offset, length, etag, size, title } = wanted
  const given = headers['etag'] ?? ''
  if (given !== '' && opaque(given) !== opaque(etag)) {
    throw objectReplaced(key, title)
  }
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && headers['content-length'] !== String(length)) {
    throw notTheRange(`the answer is compressed on the way (Content-Encoding: ${encoding})`)
  }
  // without ranges the whole object comes: right where it was asked for
  if (status === 200 && offset === 0 && length === size) return
  if (status !== 206) {
    const from = String(offset)
    throw notTheRange(`the server answered ${String(status)} to a request for bytes from ${from}`)
  }
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  if (from === undefined || Number(from) !== offset) {
    throw ignoredRange(offset, from)
  }
  if (total !== '*' && Number(total) !== size) {
    throw differentSizes(key, size, Number(total), title)
  }
}

/** RFC 9110, 8.8.3.2, the weak comparison: proxies that compress make it weak. */
function opaque(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '')
}

function ignoredRange(offset: number, from: string | undefined): Error {
  const came = from === undefined ? 'no range' : `bytes from ${from}`
  return notTheRange(`${came} came, bytes from ${String(offset)} were asked for`)
}

function notTheRange(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_RANGE_IGNORED' })
}

/** The error of an object that is not the one that `head` told of. */
export function objectReplaced(key: string, title: string, cause?: unknown): Z3Error {
  return new Z3Error('object-changed', `'${key}' was replaced while it was being read (${title})`, {
    hint: 'Run again to read the object that is there now.',
    cause,
  })
}

/** The error of an object of which a part was read before it was gone. */
export function objectDeleted(key: string, title: string, cause: unknown): Z3Error {
  return new Z3Error('object-changed', `'${key}' was deleted while it was being read (${title})`, {
    hint: 'The output is incomplete: discard it.',
    cause,
  })
}

function differentSizes(key: string, head: number, get: number, title: string): Z3Error {
  return new Z3Error(
    'size-mismatch',
    `the server gives two sizes of '${key}': ${String(head)} bytes by HEAD, ${String(get)} by Content-Range (${title})`,
    { hint: 'Check for a proxy that answers for the server.' },
  )
}
