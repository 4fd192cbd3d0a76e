import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'

/** What is found in a tree. */
export interface Entry {
  /** Relative to the tree, one character per byte (latin1). */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'special'
}

export interface WalkEvents {
  /** A symbolic link or a special file was skipped. */
  readonly onSkipped: (entry: Entry) => void
  /** A directory cannot be read. */
  readonly onError: (path: string, error: NodeJS.ErrnoException) => void
}

/**
 * The regular files of a directory tree, sorted by the bytes of their paths. Symbolic links are not
 * followed; the control directory of ZFS (`.zfs`, if it is visible) is not entered.
 */
export async function* walk(
  root: Buffer,
  { onSkipped, onError }: WalkEvents,
): AsyncGenerator<string, void> {
  const stack: Entry[] = [{ path: '', kind: 'directory' }]
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    if (entry.kind === 'file') yield entry.path
    else if (entry.kind === 'directory') {
      try {
        const entries = await list(root, entry.path)
        for (let i = entries.length - 1; i >= 0; i--) {
          const one = entries[i]
          if (one) stack.push(one)
        }
      } catch (error) {
        onError(entry.path, error as NodeJS.ErrnoException)
      }
    } else onSkipped(entry)
  }
}

/** A path in a tree, for system calls. */
export function inTree(root: Buffer, path: string): Buffer {
  return path === '' ? root : Buffer.concat([root, Buffer.from(`/${path}`, 'latin1')])
}

/** The entries of a directory in the order of all paths below it. */
async function list(root: Buffer, path: string): Promise<readonly Entry[]> {
  const found = await readdir(inTree(root, path), { encoding: 'buffer', withFileTypes: true })
  const entries: (Entry & { readonly order: string })[] = []
  for (const one of found) {
    const name = one.name.toString('latin1')
    const entry = { path: path === '' ? name : `${path}/${name}`, kind: kindOf(one) }
    if (name === '.zfs' && (await isControl(inTree(root, entry.path)))) continue
    // `a-b` comes before `a/b`, as in a sorted list of paths
    entries.push({ ...entry, order: entry.kind === 'directory' ? `${name}/` : name })
  }
  return entries.sort((a, b) => (a.order < b.order ? -1 : 1))
}

function kindOf(entry: Dirent<Buffer>): Entry['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'symlink' : 'special'
}

/** ZFSCTL_INO_ROOT of OpenZFS: include/os/linux/zfs/sys/zfs_ctldir.h, and that of FreeBSD. */
const CONTROL = [0x0000_ffff_ffff_ffffn, 1n]

async function isControl(path: Buffer): Promise<boolean> {
  const { ino } = await stat(path, { bigint: true })
  return CONTROL.includes(ino)
}
