import type { Command } from '@z3/core'

/**
 * mbuffer before or behind a stream, in blocks of what zfs send writes at once.
 *
 * @param memory bytes
 * @param rate at most so many bytes a second; undefined: as fast as it goes
 */
export function mbufferCommand(memory: number, rate?: number): Command {
  return {
    file: 'mbuffer',
    args: [
      ...['-q', '-s', '128k', '-m', kilobytes(memory)],
      ...(rate === undefined ? [] : ['-R', kilobytes(rate)]),
    ],
  }
}

/** It takes no plain bytes. */
function kilobytes(bytes: number): string {
  return `${String(Math.max(1, Math.ceil(bytes / 1024)))}k`
}
