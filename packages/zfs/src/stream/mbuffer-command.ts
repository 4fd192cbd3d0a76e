import { type Command, Z3Error } from '@z3/core'

/** What zfs send writes at once, bytes. */
const CHUNK = 128 * 1024

/** Fewer blocks it refuses, whatever their size. */
const BLOCKS = 5

/** So much of a host's memory, as mbuffer -m takes it. */
export type MemoryShare = `${string}%`

/**
 * mbuffer before or behind a stream.
 *
 * @param memory bytes, or a part of the host's memory: `10%`
 * @param options.rate at most so many bytes a second; undefined: as fast as it
 *   goes
 * @param options.chunk bytes of a block
 */
export function mbufferCommand(
  memory: number | MemoryShare,
  {
    rate,
    chunk = CHUNK,
  }: {
    readonly rate?: number | undefined
    readonly chunk?: number | undefined
  } = {},
): Command {
  return {
    file: 'mbuffer',
    args: [
      ...[
        '-q',
        '-s',
        kilobytes(chunk),
        '-m',
        typeof memory === 'number' ? kilobytes(memory) : memory,
      ],
      ...(rate === undefined ? [] : ['-R', kilobytes(rate)]),
    ],
  }
}

/**
 * Check what mbuffer would refuse, before it is run.
 *
 * @param memory bytes
 * @param chunk bytes of a block
 * @throws Z3Error `usage`
 */
export function checkBuffer(memory: number, chunk = CHUNK): void {
  if (memory >= BLOCKS * chunk) return
  throw new Z3Error(
    'usage',
    `--buffer: ${kilobytes(memory)} is too little for mbuffer, which wants ${String(BLOCKS)} blocks of ${kilobytes(chunk)}`,
    { hint: `Give it ${kilobytes(BLOCKS * chunk)} or more.` },
  )
}

/** It takes no plain bytes. */
function kilobytes(bytes: number): string {
  return `${String(Math.max(1, Math.ceil(bytes / 1024)))}k`
}
