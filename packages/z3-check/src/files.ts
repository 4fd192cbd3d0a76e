import { lstat, realpath, stat } from 'node:fs/promises'
import { identityOf } from './hash/identity.js'
import { reasonOf } from './reason.js'
import { inTree, walk, type WalkEvents } from './list/walk.js'
import type { Target } from './target/target.js'

/** A file or device during a run. */
export interface FileState {
  /** Relative to the directory (latin1); undefined: the target itself. */
  readonly path: string | undefined
  /** For system calls. */
  readonly full: Buffer
  /** Bytes; undefined: a device, whose end is found by reading. */
  readonly size: number | undefined
  /** Before it was read. */
  readonly identity: string
  /** No further chunk needs to be read. */
  ended: boolean
  /** It was written or replaced while it was read. */
  changed: boolean
}

/** Why a file cannot be read. */
export class Unreadable {
  readonly path: string | undefined
  readonly reason: string

  constructor(path: string | undefined, reason: string) {
    this.path = path
    this.reason = reason
  }
}

/** All files of a target that are not empty, in the order of a list. */
export async function* filesOf(
  target: Target,
  events: WalkEvents,
): AsyncGenerator<FileState | Unreadable, void> {
  if (target.kind !== 'tree') {
    const file = await findFile(target, undefined)
    if (isToRead(file)) yield file
    return
  }
  for await (const path of walk(target.path, events)) {
    const file = await findEntry(target, path)
    if (isToRead(file)) yield file
  }
}

/** Empty files have no chunk. */
function isToRead(file: FileState | Unreadable): boolean {
  return file instanceof Unreadable || file.size !== 0
}

/**
 * Find a file by its path in a list. A directory that is a symbolic link is not entered, since
 * it is not when a list is written.
 */
export async function findFile(
  target: Target,
  path: string | undefined,
): Promise<FileState | Unreadable> {
  if (path === undefined) return describe(undefined, target.path, target.kind === 'device')
  try {
    const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
    const expected = inTree(await realpath(target.path, 'buffer'), parent)
    const actual = await realpath(inTree(target.path, parent), 'buffer')
    if (!actual.equals(expected)) return new Unreadable(path, 'a directory is a symbolic link')
  } catch (error) {
    return new Unreadable(path, reasonOf(error))
  }
  return findEntry(target, path)
}

async function findEntry(target: Target, path: string): Promise<FileState | Unreadable> {
  return describe(path, inTree(target.path, path), false)
}

async function describe(
  path: string | undefined,
  full: Buffer,
  isDevice: boolean,
): Promise<FileState | Unreadable> {
  try {
    // the target itself may be a link, as those in /dev/disk
    const stats = await (path === undefined ? stat : lstat)(full, { bigint: true })
    if (!isDevice && !stats.isFile()) return new Unreadable(path, 'not a regular file')
    const size = isDevice ? undefined : Number(stats.size)
    return { path, full, size, identity: identityOf(stats), ended: false, changed: false }
  } catch (error) {
    return new Unreadable(path, reasonOf(error))
  }
}
