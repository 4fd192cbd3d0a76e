import { fstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Access mode in the flags of open(2). */
const ACCESS_MODE = 3

/**
 * Whether the caller passed this descriptor. Node opens its own descriptors with the lowest free
 * numbers first, and reading one of those would break Node. /proc, if present, identifies them.
 */
export function isOpen(fd: number): boolean {
  try {
    fstatSync(fd)
  } catch {
    return false
  }
  const target = linkOf(String(fd))
  if (target === undefined) return true
  if (target.startsWith('anon_inode:')) return false
  // a pipe whose write end is in this process never ends
  return !target.startsWith('pipe:') || !haveWriteEnd(target)
}

function haveWriteEnd(pipe: string): boolean {
  return readdirSync('/proc/self/fd').some((fd) => linkOf(fd) === pipe && accessMode(fd) !== 0)
}

/** The target of a descriptor, such as `pipe:[123]`; undefined if unknown. */
function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return undefined
  }
}

/** 0: read, 1: write, 2: both. */
function accessMode(fd: string): number {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
    const flags = /^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0'
    return Number.parseInt(flags, 8) & ACCESS_MODE
  } catch {
    return 0
  }
}
