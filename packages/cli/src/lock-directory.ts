import { constants } from 'node:fs'
import { access, lstat, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Make a directory, as mkdir(2) does: an error where it exists. */
type MakeDirectory = (path: string, options: { mode: number }) => Promise<unknown>

const ourUid = (): number => process.getuid?.() ?? 0

/**
 * Where the locks of a user may be kept, the preferred place first.
 *
 * Root's are in a directory that nobody else can write to: in /run/lock or /tmp, anyone could make
 * a directory of root's name first. The place does not depend on XDG_RUNTIME_DIR: a run from cron
 * has none, a run from a login has one, and both must find each other's locks.
 *
 * @param uid user id
 */
export function lockPlaces(uid = ourUid()): readonly string[] {
  const own = `z3-${String(uid)}`
  return uid === 0
    ? ['/run/z3', '/var/run/z3', '/tmp/z3-0']
    : [`/run/lock/${own}`, `/var/run/${own}`, `/tmp/${own}`]
}

/**
 * The directory for this user's locks, made where it is missing. Places that cannot be used, and
 * directories that others own or may write to, are passed over.
 *
 * @throws Error why no place can be used; at once where a place is full, since a second run would
 *   then use another place than the first
 */
export async function lockDirectory(
  places = lockPlaces(),
  make: MakeDirectory = mkdir,
): Promise<string> {
  let problem: unknown
  for (const place of places) {
    try {
      await make(place, { mode: 0o700 })
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (UNUSABLE.has(code)) {
        problem ??= error
        continue
      }
      if (code !== 'EEXIST') throw error
    }
    if (await isPrivate(place)) return place
    problem ??= notPrivate(place)
  }
  throw problem
}

/**
 * The directory that `lockDirectory` would return, which need not exist yet. Makes nothing.
 *
 * @throws Error why no place can be used
 */
export async function findLockDirectory(places = lockPlaces()): Promise<string> {
  let problem: unknown
  for (const place of places) {
    if (!(await exists(place))) {
      try {
        await access(dirname(place), constants.W_OK | constants.X_OK)
        return place
      } catch (error) {
        problem ??= error
      }
    } else if (await isPrivate(place)) {
      // another run would use it, too
      await access(place, constants.W_OK | constants.X_OK)
      return place
    } else {
      problem ??= notPrivate(place)
    }
  }
  throw problem
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}

async function isPrivate(place: string): Promise<boolean> {
  const found = await lstat(place)
  return found.isDirectory() && found.uid === ourUid() && (found.mode & 0o022) === 0
}

function notPrivate(place: string): Error {
  return new Error(`${place} is not a directory that only this user can write to`)
}

/** Why a place cannot hold locks, and another one may. */
const UNUSABLE = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'])
