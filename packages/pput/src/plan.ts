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

/** How an upload is cut into parts, and the memory that this takes. */
export interface UploadPlan {
  readonly schedule: PartSchedule
  /** Bytes of buffers at most. */
  readonly memory: number
  /** Parts in flight at once, at most. */
  readonly concurrency: number
}

/**
 * Decide on part sizes and memory before anything is read.
 *
 * @param limits of the store
 * @param size of the stream where it is known, bytes
 * @throws Z3Error `usage` when they cannot be had together
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
  // z3: an estimate beats the configured chunk size
  const chunkSize = given ?? (estimated === undefined ? settings.CHUNK_SIZE : undefined)
  if (chunkSize !== undefined) checkChunkSize(chunkSize, limits)
  const concurrency = settings.CONCURRENCY
  const memory = settings.MAX_MEMORY
  const schedule = partSchedule(
    // the length of a file is the best estimate there is
    { chunkSize, estimated: estimated ?? size },
    limits,
    Math.min(memory, MAX_BUFFER),
  )
  const largest = Math.max(schedule.floor, partSize(schedule, 1))
  if (largest > MAX_BUFFER) {
    throw new Z3Error(
      'usage',
      `parts of ${formatSize(largest)} are larger than the buffers of Node.js ${process.version}`,
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
        hint: `Give at least --max-memory ${formatSize(roundUp(largest))}; twice that lets reading and sending overlap.`,
      },
    )
  }
  if (size !== undefined && size > reach(schedule)) {
    throw tooLargeFor(schedule, size)
  }
  return {
    schedule,
    concurrency,
    memory: Math.min(memory, largestUse(schedule, concurrency)),
  }
}

/** What concurrency and the largest part of the schedule would use, bytes. */
function largestUse(schedule: PartSchedule, concurrency: number): number {
  return (concurrency + 1) * partSize(schedule, schedule.maxParts)
}

function sizeOption(flag: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : sizeFlag(flag, text)
}

function checkChunkSize(chunkSize: number, limits: PartLimits): void {
  const { minPart, maxPart } = limits
  if (chunkSize >= minPart && chunkSize <= maxPart) return
  throw new Z3Error('usage', `--chunk-size ${formatSize(chunkSize)} is out of bounds`, {
    hint: `The store takes parts of ${formatSize(minPart)} to ${formatSize(maxPart)}.`,
  })
}

function tooLargeFor(schedule: PartSchedule, size: number): Z3Error {
  const needed = roundUp(Math.ceil(size / schedule.maxParts))
  return new Z3Error(
    'usage',
    `the input of ${humanSize(size)} does not fit into ${String(schedule.maxParts)} parts of ${formatSize(schedule.ceiling)}`,
    { hint: `Give --chunk-size ${formatSize(needed)}, or leave it out.` },
  )
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / MIB) * MIB
}
