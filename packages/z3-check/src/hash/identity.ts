import type { BigIntStats } from 'node:fs'

/**
 * A text that differs if a file was replaced or written in the meantime. Of a device only its
 * inode: writing to it changes no time that counts.
 */
export function identityOf(stats: BigIntStats): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats
  return stats.isFile() ? [dev, ino, size, mtimeNs, ctimeNs].join(':') : [dev, ino].join(':')
}
