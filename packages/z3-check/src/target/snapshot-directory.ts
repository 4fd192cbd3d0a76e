import { mkdtemp, opendir, rmdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Io } from '@z3/cli'
import { formatSnapshotName, Z3Error, type SnapshotName } from '@z3/core'
import { localHost, runOnHost, type Properties } from '@z3/zfs'
import type { OpenTarget, Target } from './target.js'

/**
 * The snapshot of a mounted file system, which ZFS mounts below `.zfs` by itself.
 *
 * @returns undefined if it is not readable there
 */
export async function openMounted(
  { snapshot }: SnapshotName,
  { mounted, mountpoint = '' }: Properties,
): Promise<Target | undefined> {
  if (mounted !== 'yes' || !mountpoint.startsWith('/')) return undefined
  const path = join(mountpoint, '.zfs', 'snapshot', snapshot)
  if (!(await isMounted(path))) return undefined
  return { kind: 'tree', path: Buffer.from(path) }
}

/**
 * Whether a directory is the root of a mount. One below `.zfs` that could not be mounted is empty,
 * and so would be its list.
 */
async function isMounted(path: string): Promise<boolean> {
  try {
    // mounts it
    await (await opendir(path)).close()
    const [inside, outside] = await Promise.all([stat(path), stat(dirname(path))])
    return inside.dev !== outside.dev
  } catch {
    return false
  }
}

/**
 * Mount a snapshot below the directory for temporary files.
 *
 * @throws Z3Error `not-mounted`
 */
export async function mountSnapshot(snapshot: SnapshotName, io: Io): Promise<OpenTarget> {
  const name = formatSnapshotName(snapshot)
  const path = await mkdtemp(join(tmpdir(), 'z3-check-'))
  try {
    await run(['mount', '-t', 'zfs', '-o', 'ro', name, path], io, io.signal)
  } catch (cause) {
    // a signal may have come when it was mounted already
    await unmount(path, io).catch(() => undefined)
    await rmdir(path)
    io.signal.throwIfAborted()
    throw new Z3Error('not-mounted', `cannot mount ${name}: ${(cause as Error).message}`, {
      hint: `Run z3-check as root, or mount ${snapshot.dataset}.`,
      cause,
    })
  }
  return {
    kind: 'tree',
    path: Buffer.from(path),
    close: async () => {
      await unmount(path, io)
      await rmdir(path)
    },
  }
}

/** Milliseconds before each new attempt. */
const PAUSES = [100, 400, 1600]

/** @throws Z3Error `not-mounted` */
async function unmount(path: string, io: Io): Promise<void> {
  // the signal that ended the run must not end this
  const unmountNow = () => run(['umount', path], io, new AbortController().signal)
  for (const pause of PAUSES) {
    try {
      await unmountNow()
      return
    } catch {
      await sleep(pause)
    }
  }
  try {
    await unmountNow()
  } catch (cause) {
    throw new Z3Error('not-mounted', `cannot unmount ${path}: ${(cause as Error).message}`, {
      hint: `Run 'umount ${path}' and 'rmdir ${path}' as root.`,
      cause,
    })
  }
}

async function run([file = '', ...args]: readonly string[], { env }: Io, signal: AbortSignal) {
  await runOnHost(localHost({ env }), { file, args }, { env, signal })
}
