import { stat, statfs } from 'node:fs/promises'
import { humanSize } from '@z3/core'
import { ok, warning, type Finding } from '../finding.js'

/** Whether a directory as a bucket is on a disk of its own, and the free space. */
export async function checkDirectory(path: string): Promise<readonly Finding[]> {
  const [own, root, space] = await Promise.all([stat(path), stat('/'), statfs(path)])
  const free = ok('space', `${humanSize(space.bavail * space.bsize)} free`)
  if (own.dev !== root.dev) return [free]
  return [
    free,
    warning(
      'directory',
      `${path} is on the root file system: a disk may not be mounted there`,
      "Mount the disk ('findmnt -T' shows what is mounted), or ignore this.",
    ),
  ]
}
