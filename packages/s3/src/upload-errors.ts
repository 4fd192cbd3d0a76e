import { Z3Error, type ErrorCode } from '@z3/core'
import type { ObjectStore } from './object-store.js'

/** The error of an upload without permission to overwrite. */
export function objectExists(
  store: Pick<ObjectStore, 'title'>,
  key: string,
  cause?: unknown,
): Z3Error {
  return new Z3Error('object-exists', `'${key}' already exists in ${store.title}`, {
    hint: 'Choose another key, or use --overwrite.',
    cause,
  })
}

/** After these errors the object exists or may exist: the upload is not aborted. */
const STANDS: ReadonlySet<ErrorCode> = new Set([
  'checksum-missing',
  'completed-unchecked',
  'completion-unknown',
  'not-locked',
])

/** Whether an object may exist at the key although completing it failed. */
export function mayStand(error: unknown): boolean {
  return error instanceof Z3Error && STANDS.has(error.code)
}

/** Complete succeeded; checking the object failed. */
export function completedUnchecked(key: string, size: number, cause: unknown): Z3Error {
  return new Z3Error(
    'completed-unchecked',
    `'${key}' was completed, but could not be verified: ${reasonOf(cause)}`,
    {
      hint: `${hasGone(cause) ? 'The server shows no object' : 'The object exists'}: check that it has ${String(size)} bytes (z3-get --metadata) before you rely on it.`,
      cause,
    },
  )
}

/** Complete was sent, and its result is unknown. */
export function completionUnknown(key: string, cause: unknown): Z3Error {
  return new Z3Error(
    'completion-unknown',
    `unknown whether the upload of '${key}' was completed: ${reasonOf(cause)}`,
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
