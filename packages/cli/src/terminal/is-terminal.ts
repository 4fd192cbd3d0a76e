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

const STDERR = 2

/**
 * The current width of the terminal on standard output or standard error, columns.
 *
 * @returns undefined if there is no terminal; a terminal that does not know its width has 0
 */
export function terminalColumns(fd: number): number | undefined {
  if (!isTerminal(fd)) return undefined
  const stream = fd === STDERR ? process.stderr : process.stdout
  return stream.columns
}
