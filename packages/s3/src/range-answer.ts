import { Z3Error } from '@z3/core'

/** A requested range, and what `head` reported about the object. */
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
 * Check that a successful response is the wanted range of the wanted object. Some servers ignore
 * If-Match or Range, the response to HEAD may come from a proxy, and proxies that compress change
 * the body (an object that is stored compressed has the requested length).
 *
 * @throws Z3Error `object-changed`: another ETag; `size-mismatch`: HEAD and GET disagree about the
 *   size; an error `ERR_RANGE_IGNORED` if the body is not the range
 */
export function checkAnswer(wanted: WantedRange, status: number, headers: Headers): void {
  const { key, offset, length, etag, size, title } = wanted
  const given = headers['etag'] ?? ''
  if (given !== '' && opaque(given) !== opaque(etag)) {
    throw objectReplaced(key, title)
  }
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && headers['content-length'] !== String(length)) {
    throw notTheRange(`the response is compressed (Content-Encoding: ${encoding})`)
  }
  // without ranges the whole object arrives, which is right if all of it was requested
  if (status === 200 && offset === 0 && length === size) return
  if (status !== 206) {
    const from = String(offset)
    throw notTheRange(`the server responded ${String(status)} to a request for bytes from ${from}`)
  }
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  if (from === undefined || Number(from) !== offset) {
    throw ignoredRange(offset, from)
  }
  if (total !== '*' && Number(total) !== size) {
    throw differentSizes(key, size, Number(total), title)
  }
}

/** RFC 9110, 8.8.3.2, weak comparison: proxies that compress weaken the ETag. */
function opaque(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '')
}

function ignoredRange(offset: number, from: string | undefined): Error {
  const came = from === undefined ? 'no range' : `bytes from ${from}`
  return notTheRange(`received ${came}, requested bytes from ${String(offset)}`)
}

function notTheRange(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_RANGE_IGNORED' })
}

/** The error for an object that is not the one `head` described. */
export function objectReplaced(key: string, title: string, cause?: unknown): Z3Error {
  return new Z3Error('object-changed', `'${key}' was replaced while it was being read (${title})`, {
    hint: 'Retry to read the current object.',
    cause,
  })
}

/** The error for an object that was deleted after a part of it was read. */
export function objectDeleted(key: string, title: string, cause: unknown): Z3Error {
  return new Z3Error('object-changed', `'${key}' was deleted while it was being read (${title})`, {
    hint: 'The output is incomplete: discard it.',
    cause,
  })
}

function differentSizes(key: string, head: number, get: number, title: string): Z3Error {
  return new Z3Error(
    'size-mismatch',
    `the server reports two sizes for '${key}': ${String(head)} bytes in HEAD, ${String(get)} in Content-Range (${title})`,
    { hint: 'Check for a proxy that modifies responses.' },
  )
}
