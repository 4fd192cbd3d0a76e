import { fstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Access mode in the flags of open(2). */
const ACCESS_MODE = 3

/**
 * Was this descriptor given to us? Node opens some of its own before it runs
 * anything, under the lowest numbers that are free: reading one of those would
 * break it. They are told by /proc, where there is one.
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
  // a pipe that we hold the other end of never ends
  return !target.startsWith('pipe:') || !haveWriteEnd(target)
}

function haveWriteEnd(pipe: string): boolean {
  return readdirSync('/proc/self/fd').some((fd) => linkOf(fd) === pipe && accessMode(fd) !== 0)
}

/** What a descriptor is, as `pipe:[123]`; undefined where nothing tells. */
function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return undefined
  }
}

/** 0 for reading, 1 for writing, 2 for both. */
function accessMode(fd: string): number {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
    const flags = /^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0'
    return Number.parseInt(flags, 8) & ACCESS_MODE
  } catch {
    return 0
  }
}
