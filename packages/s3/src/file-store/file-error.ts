import { Z3Error, type ErrorCode } from '@z3/core'

/** The code of a system call's error (`ENOENT`), '' for any other error. */
export function errno(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  // not the ERR_… of Node, nor the number of a DOMException (AbortError)
  const { code } = error
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : ''
}

/** Does the error say that nothing is there? */
export function isMissing(error: unknown): boolean {
  // ENOTDIR: a file of somebody else stands where our directory would be
  return errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR'
}

type Row = readonly [code: ErrorCode, hint: string]

const FULL: Row = ['no-space', 'Free space there, or raise the quota, and run it again.']
const GONE: Row = [
  'store-unavailable',
  'See whether the disk or the share is still connected and mounted.',
]
const DENIED: Row = ['access-denied', 'Give the user that runs this leave to read and write there.']
const BROKEN: Row = [
  'store-rejected',
  'Look into the log of the kernel: the disk or the share may be failing.',
]

/** O_NOFOLLOW: ELOOP on Linux, EMLINK on FreeBSD. */
const LINK: Row = [
  'store-rejected',
  'Symbolic links are not followed inside of a store: mount the other place there instead.',
]

const ROWS: Readonly<Record<string, Row>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: [
    'stream-too-large',
    'The file system (vfat: 4 GiB) or a limit does not allow a file so large; use another.',
  ],
  EROFS: ['store-rejected', 'It is mounted read-only: mount it for writing.'],
  EIO: BROKEN,
  ELOOP: LINK,
  EMLINK: LINK,
  ENAMETOOLONG: [
    'invalid-name',
    'The file system does not take so long a name: use a shorter prefix, or another file system.',
  ],
  ENODEV: GONE,
  ENXIO: GONE,
  ENOTCONN: GONE,
  ESTALE: GONE,
  EHOSTDOWN: GONE,
  EHOSTUNREACH: GONE,
  ETIMEDOUT: GONE,
  EMFILE: ['store-unavailable', 'Too many files are open: raise the limit.'],
  ENFILE: ['store-unavailable', 'Too many files are open on this host.'],
}

/**
 * What a failed system call on a file means. A Z3Error is returned as it is.
 *
 * @param action what failed: `cannot write`
 */
export function fileError(error: unknown, action: string, path: string): unknown {
  if (error instanceof Z3Error || errno(error) === '') return error
  const [code, hint] = ROWS[errno(error)] ?? [
    'store-rejected',
    'See whether the file system there takes such a file.',
  ]
  return new Z3Error(code, `${action} '${path}': ${systemText(error)}`, {
    hint,
    cause: error,
  })
}

/** `no space left on device`, out of `ENOSPC: no space left on device, write` */
function systemText(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  return /^[A-Z0-9]+: ([^,]+)/.exec(text)?.[1] ?? errno(error)
}

/**
 * Run `operation`; its system errors come out as Z3Error.
 *
 * @param action what fails if it fails: `cannot write`
 */
export async function withFileErrors<T>(
  action: string,
  path: string,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    throw fileError(error, action, path)
  }
}
