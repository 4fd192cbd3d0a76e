import { Z3Error, type ErrorCode } from '@z3/core'
import type { ObjectStore } from './object-store.js'

/** The error of an upload that may not overwrite: nothing is overwritten by accident. */
export function objectExists(
  store: Pick<ObjectStore, 'title'>,
  key: string,
  cause?: unknown,
): Z3Error {
  return new Z3Error('object-exists', `'${key}' exists already in ${store.title}`, {
    hint: 'Choose another key, or replace it with --overwrite.',
    cause,
  })
}

/** After these, the object stands or may stand: the upload is not aborted. */
const STANDS: ReadonlySet<ErrorCode> = new Set([
  'checksum-missing',
  'completed-unchecked',
  'completion-unknown',
])

/** May an object stand at the key, although completing it has failed? */
export function mayStand(error: unknown): boolean {
  return error instanceof Z3Error && STANDS.has(error.code)
}

/** Complete was carried out; the look at the object failed. */
export function completedUnchecked(key: string, size: number, cause: unknown): Z3Error {
  return new Z3Error(
    'completed-unchecked',
    `'${key}' was completed, but could not be checked: ${reasonOf(cause)}`,
    {
      hint: `${hasGone(cause) ? 'The server shows no object' : 'The object exists'}: check that it has ${String(size)} bytes (z3-get --metadata) before you rely on it.`,
      cause,
    },
  )
}

/** Complete was sent, and nothing tells whether it was carried out. */
export function completionUnknown(key: string, cause: unknown): Z3Error {
  return new Z3Error(
    'completion-unknown',
    `cannot tell whether the upload of '${key}' was completed: ${reasonOf(cause)}`,
    {
      hint: 'Nothing was aborted: check the key later; z3 cleanup aborts the upload if it is still pending.',
      cause,
    },
  )
}

function hasGone(cause: unknown): boolean {
  return cause instanceof Z3Error && cause.code === 'no-such-key'
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
