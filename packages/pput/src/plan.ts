import { sizeFlag } from '@z3/cli'
import type { LoadedConfig } from '@z3/config'
import {
  formatSize,
  humanSize,
  MIB,
  partSchedule,
  partSize,
  reach,
  Z3Error,
  type PartLimits,
  type PartSchedule,
} from '@z3/core'
import { MAX_BUFFER } from '@z3/s3'

/** Part sizes of an upload, and the memory they need. */
export interface UploadPlan {
  readonly schedule: PartSchedule
  /** Maximum bytes of buffers. */
  readonly memory: number
  /** Maximum number of parallel parts. */
  readonly concurrency: number
  /** Bytes of the stream, if known or estimated. */
  readonly expected: number | undefined
}

/**
 * Plan part sizes and memory before anything is read.
 *
 * @param limits of the store
 * @param size of the stream if known, bytes
 * @throws Z3Error `usage` if they are incompatible
 */
export function planUpload(
  args: {
    readonly 'chunk-size'?: string | undefined
    readonly estimated?: string | undefined
  },
  { settings }: Pick<LoadedConfig, 'settings'>,
  limits: PartLimits,
  size: number | undefined,
): UploadPlan {
  const estimated = sizeOption('--estimated', args.estimated)
  const given = sizeOption('--chunk-size', args['chunk-size'])
  // as in z3, an estimate overrides the configured chunk size
  const chunkSize = given ?? (estimated === undefined ? settings.CHUNK_SIZE : undefined)
  if (chunkSize !== undefined) checkChunkSize(chunkSize, limits)
  checkMaxObject(limits)
  const concurrency = settings.CONCURRENCY
  const memory = settings.MAX_MEMORY
  const schedule = partSchedule(
    // the length of a file is the best estimate
    { chunkSize, estimated: estimated ?? size },
    limits,
    Math.min(memory, MAX_BUFFER),
  )
  const largest = Math.max(schedule.floor, partSize(schedule, 1))
  if (largest > MAX_BUFFER) {
    throw new Z3Error(
      'usage',
      `parts of ${formatSize(largest)} exceed the buffer limit of Node.js ${process.version}`,
      {
        hint: `Use parts of ${formatSize(MAX_BUFFER)} at most, or a newer Node.js.`,
      },
    )
  }
  if (largest > memory) {
    throw new Z3Error(
      'usage',
      `parts of ${formatSize(largest)} do not fit into ${formatSize(memory)} of memory`,
      {
        hint: `Use at least --max-memory ${formatSize(roundUp(largest))}; twice that allows reading and sending in parallel.`,
      },
    )
  }
  if (chunkSize !== undefined && size !== undefined && size > reach(schedule)) {
    throw tooLargeFor(schedule, size)
  }
  return {
    schedule,
    concurrency,
    expected: size ?? estimated,
    memory: Math.min(memory, largestUse(schedule, concurrency)),
  }
}

/** Memory needed for this concurrency and the largest part, bytes. */
function largestUse(schedule: PartSchedule, concurrency: number): number {
  return (concurrency + 1) * partSize(schedule, schedule.maxParts)
}

function sizeOption(flag: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : sizeFlag(flag, text)
}

function checkChunkSize(chunkSize: number, limits: PartLimits): void {
  const { minPart, maxPart } = limits
  if (chunkSize >= minPart && chunkSize <= maxPart) return
  throw new Z3Error('usage', `--chunk-size ${formatSize(chunkSize)} is out of range`, {
    hint: `The store accepts parts of ${formatSize(minPart)} to ${formatSize(maxPart)}.`,
  })
}

function checkMaxObject({ maxObject, minPart }: PartLimits): void {
  if (maxObject === undefined || maxObject >= minPart) return
  throw new Z3Error('usage', `MAX_OBJECT ${formatSize(maxObject)} is less than one part`, {
    hint: `Use at least ${formatSize(minPart)}.`,
  })
}

function tooLargeFor(schedule: PartSchedule, size: number): Z3Error {
  const needed = roundUp(Math.ceil(size / schedule.maxParts))
  return new Z3Error(
    'usage',
    `the input of ${humanSize(size)} does not fit into ${String(schedule.maxParts)} parts of ${formatSize(schedule.ceiling)}`,
    { hint: `Use --chunk-size ${formatSize(needed)}, or omit it.` },
  )
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / MIB) * MIB
}
