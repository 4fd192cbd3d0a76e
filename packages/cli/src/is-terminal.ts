import { fstatSync } from 'node:fs'

/**
 * Whether a descriptor is a terminal. `node:tty` is loaded only for character devices: loading it
 * takes as long as the rest of a filter's start.
 */
export function isTerminal(fd: number): boolean {
  try {
    if (!fstatSync(fd).isCharacterDevice()) return false
  } catch {
    // it is not open
    return false
  }
  return process.getBuiltinModule('node:tty').isatty(fd)
}
