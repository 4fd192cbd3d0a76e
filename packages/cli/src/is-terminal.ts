import { fstatSync } from 'node:fs'

/**
 * Is a descriptor a terminal? A pipe or a file is told without `node:tty`, whose loading takes as
 * long as all that a filter loads itself.
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
