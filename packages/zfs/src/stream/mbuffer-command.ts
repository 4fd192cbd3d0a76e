import { type Command, Z3Error } from '@z3/core'

/** Size of the writes of zfs send, bytes. */
const CHUNK = 128 * 1024

/** Minimum number of blocks that mbuffer accepts. */
const BLOCKS = 5

/** Percentage of the host's memory, for mbuffer -m. */
export type MemoryShare = `${string}%`

/**
 * mbuffer, before or after a stream.
 *
 * @param memory bytes, or a percentage of the host's memory: `10%`
 * @param options.rate bytes per second at most; undefined: unlimited
 * @param options.chunk block size in bytes
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
 * Check the buffer size that mbuffer would refuse, before anything is run.
 *
 * @param memory bytes
 * @param chunk block size in bytes
 * @throws Z3Error `usage`
 */
export function checkBuffer(memory: number, chunk = CHUNK): void {
  if (memory >= BLOCKS * chunk) return
  throw new Z3Error(
    'usage',
    `--buffer: ${kilobytes(memory)} is too small: mbuffer needs at least ${String(BLOCKS)} blocks of ${kilobytes(chunk)}`,
    { hint: `Use at least ${kilobytes(BLOCKS * chunk)}.` },
  )
}

/** mbuffer accepts no plain number of bytes. */
function kilobytes(bytes: number): string {
  return `${String(Math.max(1, Math.ceil(bytes / 1024)))}k`
}
